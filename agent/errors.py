"""Errors of configuration and command line.

::

    AgentError            E-AGT-000
    ├── ConfigInvalid     E-AGT-001  config.toml is missing, not TOML, or has a wrong value
    ├── AlreadyThere      E-AGT-002  init on a folder that is in use
    ├── FileUnreadable    E-AGT-003  a file named on the command line cannot be read
    ├── DemoFailed        E-AGT-004  the demonstration did not come out whole
    ├── FileUnwritable    E-AGT-005  a file named on the command line cannot be written
    └── ReasonMissing     E-AGT-006  what a person decides needs a reason
"""

from errors import ThunganError


class AgentError(ThunganError):
    """Root of the agent's errors."""

    code = "E-AGT-000"


class ConfigInvalid(AgentError):
    """config.toml is missing, not TOML, or has a wrong value."""

    code = "E-AGT-001"
    advice_vi = "Sửa tệp config.toml (hoặc tạo mới bằng: thungan init)."
    advice_en = "Correct config.toml, or make a new one with: thungan init."


class AlreadyThere(AgentError):
    """``init`` on a folder that already has a configuration."""

    code = "E-AGT-002"
    advice_vi = "Chọn thư mục khác bằng --data."
    advice_en = "Choose another folder with --data."


class FileUnreadable(AgentError):
    """A file named on the command line cannot be read."""

    code = "E-AGT-003"
    advice_vi = "Kiểm tra đường dẫn và quyền đọc tệp."
    advice_en = "Check the path and the right to read it."


class DemoFailed(AgentError):
    """The demonstration did not come out whole."""

    code = "E-AGT-004"
    advice_vi = "Xem các dòng ở trên để biết bước nào không xong."
    advice_en = "The lines above show which step did not finish."
    exit_code = 1


class FileUnwritable(AgentError):
    """A file named on the command line cannot be written."""

    code = "E-AGT-005"
    advice_vi = "Chọn nơi khác để ghi tệp, hoặc kiểm tra quyền ghi."
    advice_en = "Choose another place for the file, or check the right to write there."


class ReasonMissing(AgentError):
    """What a person decides is written down with the reason."""

    code = "E-AGT-006"
    advice_vi = 'Thêm --reason "lý do".'
    advice_en = 'Add --reason "why".'
