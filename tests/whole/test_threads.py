"""A small model computes by one thread where torch was imported before the kit: torch's threads then spin."""

import subprocess
import sys

import pytest
import torch

import llamax_kit
from llamax_kit.models import loading, weights


@pytest.fixture
def two_threads(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    weights._threads.cache_clear()
    monkeypatch.setattr(llamax_kit, "SPINNING", True)
    yield
    torch.set_num_threads(before)
    weights._threads.cache_clear()


def load():
    return weights.load(loading.resolve("mini-llamax").folder, dtype="float32", device="cpu")


def test_a_small_model_is_computed_by_one_thread(two_threads):
    load()
    assert torch.get_num_threads() == 1


def test_a_large_model_takes_all_threads_again_and_its_user_reads_why_it_is_slow(two_threads, monkeypatch):
    load()
    monkeypatch.setattr(weights, "SMALL", 1e6)  # as if the miniature's 2 million were many
    with pytest.warns(UserWarning, match="import llamax_kit first"):
        load()
    assert torch.get_num_threads() == 2


def test_threads_that_sleep_are_left_alone(two_threads, monkeypatch):
    monkeypatch.setattr(llamax_kit, "SPINNING", False)
    load()
    assert torch.get_num_threads() == 2


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
