; thungan for Windows: makensis -DVERSION=0.1.0 -DPAYLOAD=dist\thungan thungan.nsi
; Silent for fifty shops: thungan-setup.exe /S [/ANSWERS=C:\shop.toml] [/D=C:\Program Files\thungan]
Unicode true
SetCompressor /SOLID lzma
!ifndef VERSION
  !error "-DVERSION=… is missing"
!endif
!ifndef PAYLOAD
  !error "-DPAYLOAD=… is missing: the folder that PyInstaller built"
!endif
!ifndef OUTPUT
  !define OUTPUT "thungan-setup-${VERSION}.exe"
!endif
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "WordFunc.nsh"
!include "x64.nsh"

!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\thungan"
!define SERVICE "thungan"
; All users' application data (ProgramData), since every section begins with SetShellVarContext all.
!define DATA "$APPDATA\thungan"

Name "thungan ${VERSION}"
OutFile "${OUTPUT}"
InstallDir "$PROGRAMFILES64\thungan"
RequestExecutionLevel admin
ManifestDPIAware true
BrandingText "thungan ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "thungan"
VIAddVersionKey "FileDescription" "thungan - hóa đơn máy tính tiền"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "The thungan authors, Apache-2.0"

!define MUI_ICON "thungan.ico"
!define MUI_UNICON "thungan.ico"
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "$(SetUpNow)"
!define MUI_FINISHPAGE_RUN_FUNCTION SetUp
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_LICENSE "${LICENSE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "Vietnamese"
!insertmacro MUI_LANGUAGE "English"

LangString SetUpNow ${LANG_VIETNAMESE} "Thiết lập cửa hàng ngay"
LangString SetUpNow ${LANG_ENGLISH} "Set the shop up now"
LangString Newer ${LANG_VIETNAMESE} "E-PKG-001: máy đang có bản mới hơn ($0). Không cài bản cũ đè lên được."
LangString Newer ${LANG_ENGLISH} "E-PKG-001: a newer version ($0) is installed. An older one cannot be put over it."
LangString Kept ${LANG_VIETNAMESE} "Hóa đơn được giữ lại ở ${DATA} (phải lưu 10 năm)."
LangString Kept ${LANG_ENGLISH} "Invoices are kept in ${DATA} (the law asks for ten years)."
LangString NeedsWindows ${LANG_VIETNAMESE} "E-PKG-002: cần Windows 10 64-bit trở lên."
LangString NeedsWindows ${LANG_ENGLISH} "E-PKG-002: 64-bit Windows 10 or newer is needed."

Function .onInit
  SetShellVarContext all
  SetRegView 64
  ${IfNot} ${RunningX64}
    MessageBox MB_ICONSTOP "$(NeedsWindows)" /SD IDOK
    SetErrorLevel 2
    Quit
  ${EndIf}
  ReadRegStr $0 HKLM "${KEY}" "DisplayVersion"
  ${If} $0 != ""
    ${VersionCompare} "$0" "${VERSION}" $1
    ${If} $1 == 1
      MessageBox MB_ICONSTOP "$(Newer)" /SD IDOK
      SetErrorLevel 2
      Quit
    ${EndIf}
  ${EndIf}
FunctionEnd

Section "thungan"
  SetShellVarContext all
  ; The old program ends first; registers keep their receipts in the printer's path meanwhile (a second or two).
  nsExec::ExecToLog 'sc.exe stop ${SERVICE}'
  Pop $0
  Call WaitForStop
  ; The last version's program stays beside the new one, so that it can be put back.
  RMDir /r "$INSTDIR\previous"
  ${If} ${FileExists} "$INSTDIR\program\thungan.exe"
    Rename "$INSTDIR\program" "$INSTDIR\previous"
  ${EndIf}
  SetOutPath "$INSTDIR\program"
  File /r "${PAYLOAD}/*"
  SetOutPath "$INSTDIR"
  File "thungan.ico"
!ifdef UPDATER
  ; A program that runs cannot be overwritten, but renamed: an update that is under way is this very file.
  Delete "$INSTDIR\thungan-update.old"
  Rename "$INSTDIR\thungan-update.exe" "$INSTDIR\thungan-update.old"
  File "/oname=thungan-update.exe" "${UPDATER}"
  ${If} ${FileExists} "$APPDATA\thungan-updates\updates.toml"
    nsExec::ExecToLog 'schtasks.exe /create /f /tn thungan-update /ru SYSTEM /sc hourly /tr "\"$INSTDIR\thungan-update.exe\" update --data \"${DATA}\""'
    Pop $0
  ${EndIf}
!endif
  WriteUninstaller "$INSTDIR\uninstall.exe"

  ; Data: for the service's own account and for administrators, nobody else (keys and buyers' names are there).
  CreateDirectory "${DATA}"
  nsExec::ExecToLog '"$INSTDIR\program\thungan-service.exe" --startup delayed --username "NT SERVICE\${SERVICE}" install'
  Pop $0
  nsExec::ExecToLog 'icacls.exe "${DATA}" /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "NT SERVICE\${SERVICE}:(OI)(CI)F"'
  Pop $0
  ; Recovery: after 2 s, 10 s, then each minute; counted anew every day; also when it ends with a code.
  nsExec::ExecToLog 'sc.exe failure ${SERVICE} reset= 86400 actions= restart/2000/restart/10000/restart/60000'
  Pop $0
  nsExec::ExecToLog 'sc.exe failureflag ${SERVICE} 1'
  Pop $0
  ; No firewall rule is made: the page and the API are for this computer only (loopback).

  WriteRegStr HKLM "${KEY}" "DisplayName" "thungan"
  WriteRegStr HKLM "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${KEY}" "Publisher" "The thungan authors"
  WriteRegStr HKLM "${KEY}" "DisplayIcon" "$INSTDIR\thungan.ico"
  WriteRegStr HKLM "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR\program" "/S=0K" $0 $1 $2
  WriteRegDWORD HKLM "${KEY}" "EstimatedSize" $0

  CreateDirectory "$SMPROGRAMS\thungan"
  CreateShortcut "$SMPROGRAMS\thungan\thungan.lnk" "$SYSDIR\cmd.exe" \
    '/k ""$INSTDIR\program\thungan.exe" status --data "${DATA}""' "$INSTDIR\thungan.ico"
  CreateShortcut "$SMPROGRAMS\thungan\Thiết lập - set-up.lnk" "$SYSDIR\cmd.exe" \
    '/k ""$INSTDIR\program\thungan.exe" init --data "${DATA}""' "$INSTDIR\thungan.ico"

  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/ANSWERS=" $R1
  ${IfNot} ${Errors}
    nsExec::ExecToLog '"$INSTDIR\program\thungan.exe" init --data "${DATA}" --answers "$R1"'
    Pop $0
    ${If} $0 != 0
      SetErrorLevel 3
    ${EndIf}
  ${EndIf}
  ${If} ${FileExists} "${DATA}\config.toml"
    nsExec::ExecToLog 'sc.exe start ${SERVICE}'
    Pop $0
  ${EndIf}
SectionEnd

Section "Uninstall"
  SetShellVarContext all
  SetRegView 64
  nsExec::ExecToLog 'sc.exe stop ${SERVICE}'
  Pop $0
  Call un.WaitForStop
  nsExec::ExecToLog '"$INSTDIR\program\thungan-service.exe" remove'
  Pop $0
  nsExec::ExecToLog 'schtasks.exe /delete /f /tn thungan-update'
  Pop $0
  RMDir /r "$INSTDIR\program"
  RMDir /r "$INSTDIR\previous"
  Delete "$INSTDIR\thungan-update.exe"
  Delete "$INSTDIR\thungan-update.old"
  Delete "$INSTDIR\thungan.ico"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  RMDir /r "$SMPROGRAMS\thungan"
  DeleteRegKey HKLM "${KEY}"
  ; ${DATA} stays: invoices have to be kept for ten years.
  ${If} ${FileExists} "${DATA}\thungan.db"
    MessageBox MB_ICONINFORMATION "$(Kept)" /SD IDOK
  ${EndIf}
SectionEnd

Function SetUp
  SetShellVarContext all
  Exec '"$SYSDIR\cmd.exe" /k ""$INSTDIR\program\thungan.exe" init --data "${DATA}""'
FunctionEnd

; At most 30 seconds until the service says STOPPED; what still holds a file then is renamed by Windows itself.
!macro WaitForStop prefix
Function ${prefix}WaitForStop
  StrCpy $R8 0
  ${Do}
    nsExec::ExecToStack '"$SYSDIR\cmd.exe" /c sc.exe query ${SERVICE} | "$SYSDIR\findstr.exe" "RUNNING PENDING"'
    Pop $R9
    Pop $R7
    ${If} $R9 != 0
      ${ExitDo}
    ${EndIf}
    Sleep 1000
    IntOp $R8 $R8 + 1
  ${LoopUntil} $R8 >= 30
FunctionEnd
!macroend
!insertmacro WaitForStop ""
!insertmacro WaitForStop "un."
