"""Notes as others write and read them: published examples, and no way to read a text that was altered."""

import pytest

from tenants.log.notes import COSIGNATURE, Checkpoint, Note, NoteKey, Unreadable, VerifierKey, cosigned_at, proof_text

# The example of golang.org/x/mod/sumdb/note, from which the format comes.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of C2SP tlog-cosignature.
COSIGNED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
KEY = NoteKey("log.example/log", bytes(range(32)))
CHECKPOINT = Checkpoint("log.example/log", 3, b"\x07" * 32)


def test_the_published_note_is_read_verified_and_written_again() -> None:
    key, note = VerifierKey.read(PETER), Note.read(SAID)
    assert note.signed_by(key)
    assert (str(key), str(note)) == (PETER, SAID)
    assert not Note.read(SAID.replace("answer", "remedy")).signed_by(key)


def test_the_published_cosignature_is_read() -> None:
    note = Note.read(COSIGNED)
    told = Checkpoint.read(note.text)
    assert (told.origin, told.size, told.text, str(note)) == (
        "example.com/behind-the-sofa",
        20852163,
        note.text,
        COSIGNED,
    )
    assert cosigned_at(note.signatures[1].blob) == 1679315147


def test_a_checkpoint_is_signed_by_its_log_and_by_nobody_else() -> None:
    note = KEY.signed(CHECKPOINT.text)
    assert Note.read(str(note)).signed_by(KEY.verifier)
    assert not note.signed_by(NoteKey("log.example/log", b"\x01" * 32).verifier)
    assert not note.signed_by(VerifierKey("log.example/log", COSIGNATURE, KEY.verifier.public))
    assert not Note(Checkpoint("log.example/log", 4, b"\x07" * 32).text, note.signatures).signed_by(KEY.verifier)


@pytest.mark.parametrize("written", ["", "x", "a\n\n", "a\n\n— b\n", "a\n\n— b AAAA\n", "a\n\n- b AAAAAAAAAAA=\n", "a\n\n— b AAAAAAAAAAA=", "a\n\n— b AAAAAAAAAAB=\n"])  # fmt: skip
def test_what_is_no_note_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        Note.read(written)


@pytest.mark.parametrize("written", ["", "a+b+c", PETER[:-1], PETER.replace("c74f20a3", "c74f20a4"), PETER.replace("Peter", "Paul"), "a b+" + PETER, PETER.replace("+AR", "+BR")])  # fmt: skip
def test_what_is_no_key_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        VerifierKey.read(written)


@pytest.mark.parametrize("text", ["", "a\n", "a\n01\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n", "a\n-1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n", "a\n1\nBwc=\n"])  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        Checkpoint.read(text)


def test_a_proof_is_written_as_the_specification_has_it() -> None:
    written = proof_text(5, [b"\x07" * 32], str(KEY.signed(CHECKPOINT.text)))
    lines = written.split("\n")
    assert lines[:5] == ["c2sp.org/tlog-proof@v1", "index 5", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", "", "log.example/log"]  # fmt: skip
    assert written.endswith("\n")
