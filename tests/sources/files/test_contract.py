"""The source contract, over a folder with one of everything."""

import pytest

from tests.contracts.source import Made, SourceContract
from workers.sources.files.options import FilesOptions
from workers.sources.files.source import FilesSource


class TestFiles(SourceContract):
    """What every source must do."""

    @pytest.fixture
    def made(self, root, tmp_path):
        return Made(FilesSource(FilesOptions(path=root)), str(tmp_path / "restored"), str(root))
