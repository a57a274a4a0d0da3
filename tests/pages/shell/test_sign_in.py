"""Sign-in: without [auth] nothing changes; with it nobody sees a page who has not signed in."""

import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shell import sign_in

APP = str(Path(__file__).resolve().parents[3] / "pages" / "shell" / "main.py")
PROVIDER = {
    "client_id": "sct",
    "client_secret": "hush",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
AUTH = {"redirect_uri": "https://lens.example/oauth2callback", "cookie_secret": "x" * 40}


def only_sign_in():
    """The script of an app that is nothing but its door."""
    import streamlit as st

    from pages.shell import sign_in

    if sign_in.passed():
        st.write("inside")
        sign_in.draw_leaving()


@pytest.fixture
def visit(monkeypatch):
    """Visit an app with a section [auth]; Authlib is taken to be there or not."""

    def go(auth, user=None, authlib=True, script=only_sign_in):
        monkeypatch.setattr(sign_in, "find_spec", lambda name: authlib or None)
        if isinstance(script, str):
            at = AppTest.from_file(script, default_timeout=300)
        else:
            at = AppTest.from_function(script, default_timeout=60)
        at.secrets, at.user = {"auth": auth}, user or {}
        at.run()
        assert not at.exception, [e.message for e in at.exception]
        return at

    return go


def labels(at):
    return [button.label for button in at.button]


def inside(at):
    return [each.value for each in at.markdown] == ["inside"]


def test_without_auth_nothing_changes():
    at = AppTest.from_function(only_sign_in).run()
    assert inside(at) and labels(at) == [] and not at.error and not at.caption


def test_who_is_not_signed_in_sees_a_button_and_no_page(visit):
    at = visit({**AUTH, **PROVIDER}, script=APP)
    assert [each.value for each in at.title] == ["Sign in"] and labels(at) == ["Sign in"]
    assert not at.sidebar.children and not at.error
    at.switch_page("../model/page.py").run()
    assert labels(at) == ["Sign in"] and not at.sidebar.children


@pytest.mark.parametrize("answer", [False, None, "True", 1])
def test_only_a_plain_yes_is_signed_in(visit, answer):
    at = visit({**AUTH, **PROVIDER}, {"is_logged_in": answer, "email": "a@b.example"})
    assert not inside(at) and labels(at) == ["Sign in"]


def test_who_is_signed_in_sees_the_app_and_can_leave(visit):
    user = {"is_logged_in": True, "email": "ann_*b*@school.example"}
    at = visit({**AUTH, **PROVIDER}, user, script=APP)
    assert "Sign out" in labels(at.sidebar) and not at.error and at.sidebar.subheader
    (said,) = [each.value for each in at.sidebar.caption if "Signed in" in each.value]
    assert said.replace("\\", "") == "Signed in as ann_*b*@school.example" and "\\*" in said
    at.button[[b.label for b in at.button].index("Sign out")].click().run()
    assert [each.value for each in at.title] == ["Sign in"]


def test_each_provider_has_its_button(visit):
    at = visit({**AUTH, "school": PROVIDER, "e[v]il": PROVIDER, "client_kwargs": {"scope": "a"}})
    assert labels(at) == ["Sign in with school", r"Sign in with e\[v\]il"]
    at = visit({**AUTH, **PROVIDER, "school": PROVIDER})
    assert labels(at) == ["Sign in", "Sign in with school"]


def refused(at, caplog, word):
    """It says so in a sentence that tells a visitor nothing of the configuration; the log does."""
    (error,) = [each.value for each in at.error]
    assert error == sign_in._AMISS and not inside(at)
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert word in logged and "hush" not in logged and "\n" not in logged


@pytest.mark.parametrize(
    "auth, authlib, word",
    [
        ({**AUTH, **PROVIDER}, False, "Authlib"),
        ({}, True, "no provider"),
        ({**AUTH}, True, "no provider"),
        ("https://id.example", True, "no section"),
    ],
)
def test_what_cannot_work_keeps_everybody_out(visit, caplog, auth, authlib, word):
    at = visit(auth, authlib=authlib)
    refused(at, caplog, word)
    assert labels(at) == []


@pytest.mark.parametrize("lacks", ["redirect_uri", "cookie_secret", "client_secret"])
def test_what_lacks_a_key_says_so_when_it_is_used(lacks, tmp_path, monkeypatch, caplog):
    """As Streamlit reads it: from a file, where its own look at [auth] finds it, too."""
    pytest.importorskip("authlib", reason="Authlib is not installed (requirements-sign-in.txt)")
    lines = [f'{k} = "{v}"' for k, v in {**AUTH, **PROVIDER}.items() if k != lacks]
    with secrets_file(tmp_path, monkeypatch, "[auth]\n" + "\n".join(lines)):
        at = AppTest.from_function(only_sign_in).run()
        assert labels(at) == ["Sign in"] and not at.error
        at.button[0].click().run()
        assert not at.exception
        refused(at, caplog, lacks)


def test_the_button_sends_the_browser_to_the_provider(tmp_path, monkeypatch):
    pytest.importorskip("authlib", reason="Authlib is not installed (requirements-sign-in.txt)")
    lines = [f'{k} = "{v}"' for k, v in {**AUTH, **PROVIDER}.items()]
    with secrets_file(tmp_path, monkeypatch, "[auth]\n" + "\n".join(lines)):
        sent = []
        real = sys.modules["streamlit.user_info"].generate_login_redirect_url

        def generate(name):
            sent.append(real(name))
            return sent[-1]

        monkeypatch.setattr("streamlit.user_info.generate_login_redirect_url", generate)
        at = AppTest.from_function(only_sign_in).run()
        at.button[0].click().run()
        assert not at.exception and not at.error
        assert len(sent) == 1 and sent[0].startswith("/auth/login?provider=")


@pytest.mark.parametrize("text", ["[auth\nclient_id =", "\x00"])
def test_a_file_that_is_no_toml_opens_no_door(tmp_path, monkeypatch, caplog, text):
    with secrets_file(tmp_path, monkeypatch, text):
        at = AppTest.from_function(only_sign_in).run()
        assert not at.exception
        refused(at, caplog, "no TOML")


def test_a_file_of_other_secrets_changes_nothing(tmp_path, monkeypatch):
    with secrets_file(tmp_path, monkeypatch, "[database]\nkey = 'x'"):
        assert inside(AppTest.from_function(only_sign_in).run())


class secrets_file:
    """A secrets.toml that Streamlit reads, forgotten again at the end."""

    def __init__(self, folder, monkeypatch, text):
        file = folder / "secrets.toml"
        file.write_text(text)
        self.file, self.before = file, st.get_option("secrets.files")

    def __enter__(self):
        st.secrets._reset()
        st.config.set_option("secrets.files", [str(self.file)])

    def __exit__(self, *error):
        st.secrets._reset()
        st.config.set_option("secrets.files", self.before)
