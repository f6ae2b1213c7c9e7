"""Which calls there are, at which address, and what each takes: one table, the WSDL is written from it.

Names and order are those of the provider's manual of integration; what a call does stands in ``desk``.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE = "http://tempuri.org/"
PUBLISH, BUSINESS, PORTAL = "PublishService", "BusinessService", "PortalService"
SERVICES = (PUBLISH, BUSINESS, PORTAL)

_STAFF = ("Account", "ACpass")
_NEW = (*_STAFF, "xmlInvData", "username", "password", "pattern", "serial", "convert")
_CORRECT = (
    *_STAFF,
    "xmlInvData",
    "username",
    "pass",
    "fkey",
    "AttachFile",
    "convert",
    "pattern",
    "serial",
    "OldPattern",
)
_CORRECT_OUTSIDE = (
    "account",
    "accPass",
    "invXml",
    "userName",
    "userPass",
    "oldPattern",
    "oldSerial",
    "oldNo",
    "strOldArisingDate",
    "convert",
    "pattern",
    "serial",
    "relatedInvType",
    "feature",
)
_FETCH = ("fkey", "userName", "userPass")
# What has another type than a string in the WSDL.
TYPES = {"convert": "int", "relatedInvType": "int", "oldNo": "decimal"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: its name is element and SOAPAction, its answer a single string."""

    name: str
    service: str
    parameters: tuple[str, ...]

    @property
    def action(self) -> str:
        """The SOAPAction, without its quotation marks."""
        return NAMESPACE + self.name


def _both(name: str, service: str, parameters: tuple[str, ...]) -> list[Operation]:
    """The call and its twin for the forms of Circular 32, which ends in 32 and does the same."""
    return [Operation(name, service, parameters), Operation(f"{name}32", service, parameters)]


OPERATIONS = {
    operation.name: operation
    for operation in (
        *_both("ImportAndPublishInvMTT", PUBLISH, _NEW),
        *_both("ImportInvByPatternMTT", PUBLISH, _NEW),
        Operation(
            "GetMCCQThueByFkeysNoXMLSign",
            PUBLISH,
            (*_STAFF, "username", "password", "pattern", "fkeys"),
        ),
        *_both("SendInvMTT", BUSINESS, (*_STAFF, "username", "password", "pattern", "serial", "fkey")),
        *_both("AdjustInvMTT", BUSINESS, _CORRECT),
        *_both("ReplaceInvMTT", BUSINESS, _CORRECT),
        *_both("AdjustWithoutInvMTT", BUSINESS, _CORRECT_OUTSIDE),
        *_both("ReplaceWithoutInvMTT", BUSINESS, _CORRECT_OUTSIDE),
        Operation("downloadInvFkey", PORTAL, _FETCH),
        Operation("downloadInvFkeyNoPay", PORTAL, _FETCH),
        Operation("downloadNewInvPDFFkey", PORTAL, _FETCH),
        Operation("downloadInvPDFFkey", PORTAL, _FETCH),
        Operation("downloadInvPDFFkeyNoPay", PORTAL, _FETCH),
    )
}
