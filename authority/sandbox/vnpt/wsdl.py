"""The description of a service (WSDL 1.1) as ``?wsdl`` gives it, written from the table of calls."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from authority.sandbox.vnpt.operations import NAMESPACE, OPERATIONS, TYPES, Operation

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
    ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s="http://www.w3.org/2001/XMLSchema"'
    f' xmlns:tns="{NAMESPACE}" targetNamespace="{NAMESPACE}"><wsdl:types>'
    f'<s:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}">'
)


def describe(service: str, address: str) -> bytes:
    """The WSDL of one service that is called at that address."""
    calls = [operation for operation in OPERATIONS.values() if operation.service == service]
    parts = [_HEAD]
    parts += [_elements(call) for call in calls]
    parts.append("</s:schema></wsdl:types>")
    for call in calls:
        for kind, element in (("In", call.name), ("Out", f"{call.name}Response")):
            parts.append(
                f'<wsdl:message name="{call.name}Soap{kind}">'
                f'<wsdl:part name="parameters" element="tns:{element}"/></wsdl:message>'
            )
    parts.append(f'<wsdl:portType name="{service}Soap">')
    parts += [
        f'<wsdl:operation name="{call.name}"><wsdl:input message="tns:{call.name}SoapIn"/>'
        f'<wsdl:output message="tns:{call.name}SoapOut"/></wsdl:operation>'
        for call in calls
    ]
    parts.append(
        f'</wsdl:portType><wsdl:binding name="{service}Soap" type="tns:{service}Soap">'
        '<soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>'
    )
    parts += [
        f'<wsdl:operation name="{call.name}"><soap:operation soapAction="{escape(call.action)}"'
        ' style="document"/><wsdl:input><soap:body use="literal"/></wsdl:input>'
        '<wsdl:output><soap:body use="literal"/></wsdl:output></wsdl:operation>'
        for call in calls
    ]
    parts.append(
        f'</wsdl:binding><wsdl:service name="{service}"><wsdl:port name="{service}Soap"'
        f' binding="tns:{service}Soap"><soap:address location={quoteattr(address)}/>'
        "</wsdl:port></wsdl:service></wsdl:definitions>"
    )
    return "".join(parts).encode()


def _elements(call: Operation) -> str:
    taken = "".join(
        f'<s:element minOccurs="{int(name in TYPES)}" maxOccurs="1" name="{name}"'
        f' type="s:{TYPES.get(name, "string")}"/>'
        for name in call.parameters
    )
    given = f'<s:element minOccurs="0" maxOccurs="1" name="{call.name}Result" type="s:string"/>'
    return (
        f'<s:element name="{call.name}"><s:complexType><s:sequence>{taken}</s:sequence></s:complexType>'
        f'</s:element><s:element name="{call.name}Response"><s:complexType><s:sequence>{given}'
        "</s:sequence></s:complexType></s:element>"
    )
