# Builds thungan for Windows: programs, set-up program, bill of materials, provenance. Run in a checkout:
#   powershell -ExecutionPolicy Bypass -File installer\windows\build.ps1 [-Certificate THUMBPRINT]
# Needs: 64-bit Windows 10 or newer, Python 3.11 (py launcher), git, NSIS 3 (makensis on the PATH).
# -Certificate: thumbprint of a code-signing certificate in the user's store; signtool (Windows SDK) on the PATH.
param(
    [string]$Certificate = "",
    [string]$Timestamp = "http://timestamp.digicert.com",
    [string]$Python = "3.11"
)
$ErrorActionPreference = "Stop"
$Root = Resolve-Path (Join-Path $PSScriptRoot "..\..")
Set-Location $Root

function Run([string]$Program, [string[]]$Words) {
    & $Program @Words
    if ($LASTEXITCODE -ne 0) { throw "$Program $Words ended with $LASTEXITCODE" }
}

foreach ($Tool in "py", "git", "makensis") {
    if (-not (Get-Command $Tool -ErrorAction SilentlyContinue)) {
        throw "$Tool is missing. Install Python $Python, git and NSIS 3, and open the console again."
    }
}

Write-Host "1/6 virtual environment, hash-locked"
if (-not (Test-Path .venv\Scripts\python.exe)) { Run "py" @("-$Python", "-m", "venv", ".venv") }
$Py = ".venv\Scripts\python.exe"
Run $Py @("-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", "requirements-dev.lock")
Run $Py @("-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "-e", ".")

Write-Host "2/6 version resource"
$Version = & $Py -c "from installer.programs import project_version; print(project_version())"
Run $Py @("-m", "installer.windows_version", "installer\windows\version_info.txt")

Write-Host "3/6 programs (PyInstaller, one folder, no UPX)"
Run $Py @("-c", "from pathlib import Path; from installer.programs import build_programs; build_programs(Path('build/windows'))")
$Payload = "build\windows\programs\thungan"
$Updater = "build\windows\programs\thungan-one-file.exe"

function Sign([string]$File) {
    if ($Certificate) {
        Run "signtool" @("sign", "/sha1", $Certificate, "/fd", "SHA256", "/tr", $Timestamp, "/td", "SHA256", $File)
    }
}
Write-Host "4/6 signatures"
Get-ChildItem $Payload -Filter *.exe | ForEach-Object { Sign $_.FullName }
Sign $Updater
if (-not $Certificate) { Write-Host "    not signed: no -Certificate. Virus scanners are kinder to signed programs." }

Write-Host "5/6 set-up program"
$Setup = "build\windows\thungan-setup-$Version.exe"
Run "makensis" @("-V2", "-WX", "-DVERSION=$Version", "-DPAYLOAD=$Root\$Payload", "-DUPDATER=$Root\$Updater", "-DLICENSE=$Root\LICENSE", "-DOUTPUT=$Root\$Setup", "installer\windows\thungan.nsi")
Sign $Setup

Write-Host "6/6 bill of materials, licences, provenance"
Run $Py @("-m", "installer.supply_chain", $Payload, "build\windows", $Setup)
& "$Payload\thungan.exe" --version
if ($LASTEXITCODE -ne 0) { throw "the built program does not start" }
Write-Host "done: $Setup"
