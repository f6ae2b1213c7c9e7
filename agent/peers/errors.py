"""Errors about the other registers of the shop. None of them ever reaches the till.

::

    AgentError
    └── PeerError            E-AGT-070
        ├── PeerSilent       E-AGT-071  no answer
        ├── PeerStranger     E-AGT-072  another key or certificate than the configured one
        ├── PeerRefuses      E-AGT-073  it does not take our token
        ├── PeerNonsense     E-AGT-074  what it answers is no report
        ├── InvitationWrong  E-AGT-075  a line that is no invitation
        └── NotInvitable     E-AGT-076  this register has no page that others could ask
"""

from agent.errors import AgentError


class PeerError(AgentError):
    """Root of the errors about peers."""

    code = "E-AGT-070"


class PeerSilent(PeerError):
    """The register does not answer in time."""

    code = "E-AGT-071"
    advice_vi = "Kiểm tra máy ấy có bật, có chạy thungan và cùng mạng trong tiệm."
    advice_en = "Check that the register is on, runs thungan, and is on the shop's network."


class PeerStranger(PeerError):
    """Who answers has another key than the configured one: it was told nothing."""

    code = "E-AGT-072"
    advice_vi = "Nếu máy ấy vừa cài lại thungan: mời lại bằng thungan peers invite. Nếu không: kiểm tra mạng."
    advice_en = "Installed anew there? Invite again: thungan peers invite. If not, look at the network."


class PeerRefuses(PeerError):
    """The register does not take our token, or our token cannot be read."""

    code = "E-AGT-073"
    advice_vi = "Mời lại từ máy ấy bằng thungan peers invite, rồi thungan peers add ở máy này."
    advice_en = "Invite anew from that register with thungan peers invite, then thungan peers add here."


class PeerNonsense(PeerError):
    """What was answered is no report of a register; nothing of it is used."""

    code = "E-AGT-074"
    advice_vi = "Kiểm tra địa chỉ url của máy ấy và cập nhật thungan trên cả hai máy."
    advice_en = "Check the register's url, and update thungan on both computers."


class InvitationWrong(PeerError):
    """A line that is no invitation, or not a whole one."""

    code = "E-AGT-075"
    advice_vi = "Chép trọn dòng mà thungan peers invite in ra ở máy kia, từ thungan-peer đến hết tên."
    advice_en = "Copy the whole line that thungan peers invite prints on the other register."


class NotInvitable(PeerError):
    """This register serves no page at an address that others could ask."""

    code = "E-AGT-076"
    advice_vi = "Đặt [page] host là địa chỉ của máy này trong mạng (ví dụ 192.168.1.20), hoặc thêm --url."
    advice_en = (
        "Set [page] host to this computer's address in the network, such as 192.168.1.20, or add --url."
    )
