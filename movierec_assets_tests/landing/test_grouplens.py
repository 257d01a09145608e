"""Downloads resume, are checked, are kept, and say what to do when they can not be had."""

from __future__ import annotations

import hashlib
import socket
import time
from typing import TYPE_CHECKING

import pytest

from movierec_assets.landing.grouplens import download
from movierec_assets.landing.recognise import LandError
from movierec_assets_tests.landing.http_folder import HttpFolder, http_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "ml-latest-small"
CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def web() -> Iterator[HttpFolder]:
    with http_folder() as folder:
        publish(folder, CONTENT)
        yield folder


def publish(web: HttpFolder, content: bytes) -> None:
    checksum = hashlib.md5(content).hexdigest()
    web.files = {f"{NAME}.zip": content, f"{NAME}.zip.md5": f"MD5 ({NAME}.zip) = {checksum}\n".encode()}


def starts(web: HttpFolder) -> list[int]:
    return [start for name, start in web.requests if name == f"{NAME}.zip"]


def test_a_download_arrives_whole_and_tells_its_progress(web: HttpFolder, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    archive = download(NAME, tmp_path / "new", base=web.url, progress=lambda *step: told.append(step))
    assert archive.read_bytes() == CONTENT
    assert told[-1] == (f"{NAME}.zip", len(CONTENT), len(CONTENT))
    assert sorted(path.name for path in archive.parent.iterdir()) == [f"{NAME}.md5", f"{NAME}.zip"]


def test_a_download_that_breaks_off_is_resumed_where_it_broke(web: HttpFolder, tmp_path: Path) -> None:
    web.cut_after = 6 << 16
    assert download(NAME, tmp_path, base=web.url).read_bytes() == CONTENT
    assert starts(web) == [0, 6 << 16, 12 << 16]


def test_a_later_call_goes_on_with_the_part_of_an_earlier_one(web: HttpFolder, tmp_path: Path) -> None:
    web.cut_after = 0
    checksum = hashlib.md5(CONTENT).hexdigest()
    part = tmp_path / f"{NAME}.{checksum[:12]}.part"
    part.write_bytes(CONTENT[:1000])
    with pytest.raises(LandError, match=r"can not be downloaded"):
        download(NAME, tmp_path, base=web.url)
    assert part.read_bytes() == CONTENT[:1000]
    web.cut_after, web.requests = None, []
    assert download(NAME, tmp_path, base=web.url).read_bytes() == CONTENT
    assert starts(web) == [1000]


def test_a_server_without_ranges_sends_it_again_from_the_start(web: HttpFolder, tmp_path: Path) -> None:
    web.ranges = False
    checksum = hashlib.md5(CONTENT).hexdigest()
    (tmp_path / f"{NAME}.{checksum[:12]}.part").write_bytes(b"x" * 10)
    assert download(NAME, tmp_path, base=web.url).read_bytes() == CONTENT


def test_a_damaged_part_is_thrown_away_and_fetched_again(web: HttpFolder, tmp_path: Path) -> None:
    checksum = hashlib.md5(CONTENT).hexdigest()
    (tmp_path / f"{NAME}.{checksum[:12]}.part").write_bytes(b"damage")
    assert download(NAME, tmp_path, base=web.url).read_bytes() == CONTENT
    assert starts(web) == [6, 0]


def test_a_download_whose_checksum_is_wrong_is_refused(web: HttpFolder, tmp_path: Path) -> None:
    web.files[f"{NAME}.zip"] = b"not what was published"
    with pytest.raises(LandError, match=r"damaged twice"):
        download(NAME, tmp_path, base=web.url)
    assert not (tmp_path / f"{NAME}.zip").exists()


def test_what_is_there_already_is_not_downloaded_again(web: HttpFolder, tmp_path: Path) -> None:
    download(NAME, tmp_path, base=web.url)
    web.requests.clear()
    download(NAME, tmp_path, base=web.url)
    assert starts(web) == []


def test_a_set_that_was_published_anew_replaces_the_old_download(web: HttpFolder, tmp_path: Path) -> None:
    download(NAME, tmp_path, base=web.url)
    publish(web, b"newer")
    assert download(NAME, tmp_path, base=web.url).read_bytes() == b"newer"


def test_without_network_an_earlier_download_serves(web: HttpFolder, tmp_path: Path) -> None:
    archive = download(NAME, tmp_path, base=web.url)
    told: list[str] = []
    assert download(NAME, tmp_path, base=closed_address(), tell=told.append) == archive
    assert "earlier download" in told[0]


def test_without_network_an_earlier_download_that_was_damaged_since_does_not_serve(
    web: HttpFolder, tmp_path: Path
) -> None:
    archive = download(NAME, tmp_path, base=web.url)
    archive.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(LandError, match=r"can not be downloaded"):
        download(NAME, tmp_path, base=closed_address())


def test_without_network_and_download_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LandError, match=r"\(Connection refused\).*land `sample`"):
        download(NAME, tmp_path, base=closed_address(), connect_timeout=0.5)


def test_a_server_that_never_answers_is_given_up_soon(tmp_path: Path) -> None:
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(LandError, match=r"timed out"):
            download(NAME, tmp_path, base=address, connect_timeout=0.2)
    assert time.monotonic() - began < 5


def test_a_set_that_the_server_lacks_is_named(web: HttpFolder, tmp_path: Path) -> None:
    with pytest.raises(LandError, match=r"ml-25m.zip can not be downloaded \(404 Client Error: Not Found\)"):
        download("ml-25m", tmp_path, base=web.url)


def test_an_answer_that_is_no_checksum_is_not_believed(web: HttpFolder, tmp_path: Path) -> None:
    web.files[f"{NAME}.zip.md5"] = b"<html>please log in</html>"
    with pytest.raises(LandError, match=r"no MD5 checksum but '<html>please log in"):
        download(NAME, tmp_path, base=web.url)


def closed_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
