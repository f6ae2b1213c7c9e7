"""Two readings of the same tables: the writer's and the sandbox's."""

import re

from authority_samples import NOW
from form_samples import error_notice, posting, registration
from form_steps import NewSandbox
from form_strategies import NOTICES, REGISTRATIONS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authority.answers import TechnicalAnswer, parse_answer
from authority.elements import parse_document
from authority.forms.error_notice import ERROR_NOTICE
from authority.forms.fields import write_form
from authority.forms.message import build_error_notice, build_registration
from authority.forms.registration_table import REGISTRATION
from authority.sandbox.form_schema import ERROR_NOTICE_TABLE, REGISTRATION_TABLE, check_form
from signing.xmldsig import XmlSigner


@given(st.data())
def test_the_sandbox_finds_nothing_in_the_fields_of_what_can_be_written(data: st.DataObject) -> None:
    table, root, form = data.draw(
        st.tuples(st.just(REGISTRATION), st.just(REGISTRATION_TABLE), REGISTRATIONS)
        | st.tuples(st.just(ERROR_NOTICE), st.just(ERROR_NOTICE_TABLE), NOTICES)
    )
    assert list(check_form(parse_document(write_form(table, form, "_1")), root, table.tag)) == []


@given(st.data())
def test_no_field_that_the_writer_has_is_free_in_the_sandbox(data: st.DataObject) -> None:
    written = write_form(ERROR_NOTICE, data.draw(NOTICES), "_1").decode()
    leaf = data.draw(st.sampled_from(re.findall(r"<([A-Za-z]+)>[^<]*</\1>", written)))
    broken = re.sub(rf"<{leaf}>[^<]*<", f"<{leaf}>{'x' * 500}<", written, count=1)
    assert list(check_form(parse_document(broken.encode()), ERROR_NOTICE_TABLE, "DLTBao"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["100", "303"]), place=st.integers(0, 6_000), damage=st.binary(max_size=4))
def test_damage_is_answered_and_never_raises(
    kind: str, place: int, damage: bytes, new_sandbox: NewSandbox, signer: XmlSigner
) -> None:
    form = (
        build_registration(registration(signer), posting(signer))
        if kind == "100"
        else build_error_notice(error_notice(), posting(signer))
    )
    answer = parse_answer(new_sandbox().receive(form[:place] + damage + form[place + 2 :], NOW) or b"")
    assert isinstance(answer, TechnicalAnswer)
