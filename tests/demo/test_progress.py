"""Progress: a bar on a terminal, a line elsewhere."""

import io

from sandbox.demo.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_draw_bar_on_terminal() -> None:
    out = Terminal()

    with Progress(out, "pieces", 2) as progress:
        assert list(progress.over("ab")) == ["a", "b"]

    assert out.getvalue().count("\r") == 2
    assert "░" * 12 in out.getvalue()
    assert "█" * 24 + " 2/2" in out.getvalue()


def test_write_one_line_elsewhere() -> None:
    out = io.StringIO()

    with Progress(out, "pieces", 1) as progress:
        progress.step()

    assert out.getvalue().startswith("  pieces: 1 of 1 in ")
    assert out.getvalue().count("\n") == 1
