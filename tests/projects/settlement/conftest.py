"""What every test of settlement has: a folder of its own for files, and a project with its fund."""

import pytest

from tests.factories import relief


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def project(charity_a):
    return relief.funded_project(charity_a)
