"""A small model computes by one thread where torch was imported before the kit: torch's threads then spin."""

import subprocess
import sys

import pytest
import torch

import llamax_kit
from llamax_kit.models import weights


class Model:
    """What `weights.threads` asks a model for."""

    def __init__(self, parameters: float, device: str = "cpu"):
        self.parameters, self.device = parameters, torch.device(device)

    def num_parameters(self) -> int:
        return int(self.parameters)


@pytest.fixture
def two_threads(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(llamax_kit, "SPINNING", True)
    yield
    torch.set_num_threads(before)


def inside(model: Model) -> int:
    with weights.threads(model):
        return torch.get_num_threads()


def test_a_small_model_takes_one_thread_and_returns_the_others(two_threads):
    assert inside(Model(2e6)) == 1
    assert torch.get_num_threads() == 2


def test_threads_are_returned_after_an_error(two_threads):
    with pytest.raises(ZeroDivisionError), weights.threads(Model(2e6)):
        1 / 0  # noqa: B018
    assert torch.get_num_threads() == 2


def test_a_large_model_keeps_its_threads_and_its_user_reads_why_it_is_slow(two_threads):
    with pytest.warns(UserWarning, match="import llamax_kit first"):
        assert inside(Model(7e9)) == 2


@pytest.mark.filterwarnings("error")
def test_a_model_on_a_gpu_and_threads_that_sleep_are_left_alone(two_threads, monkeypatch):
    assert inside(Model(7e9, "meta")) == 2
    monkeypatch.setattr(llamax_kit, "SPINNING", False)
    assert inside(Model(2e6)) == 2


@pytest.mark.parametrize(
    ("imports", "policy", "spinning"),
    [("torch, llamax_kit", "", "True"), ("llamax_kit, torch", "", "False"), ("torch, llamax_kit", "PASSIVE", "False")],
)  # fmt: skip
def test_the_order_of_imports_is_noticed(monkeypatch, imports, policy, spinning):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if policy:
        monkeypatch.setenv("OMP_WAIT_POLICY", policy)
    program = f"import {imports}; print(llamax_kit.SPINNING)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == spinning
