"""The loss of answers: one question or several, with and without answers that nobody knows."""

import pytest
import torch
import torch.nn.functional as F

import sct
from sct.training.loss import answers_loss

TWO = (("camera", ("static", "pan")), ("subject", ("none", "moves", "in place")))
LABELS = tuple(label for _, labels in TWO for label in labels)
CONFIG = sct.SCTConfig(num_classes=5, labels=LABELS, questions=TWO)
LOGITS = torch.tensor([[2.0, -1, 0, 1, 3], [0, 1, 2, 0, -2], [1, 0, 0, 0, 5], [0, 4, 1, 2, 0]])


def test_one_question_is_plain_cross_entropy():
    logits, labels = torch.randn(6, 4), torch.tensor([0, 1, 2, 3, 0, 0])
    loss, right = answers_loss(sct.SCTConfig(num_classes=4), logits, labels, 0.1)
    torch.testing.assert_close(loss, F.cross_entropy(logits, labels, label_smoothing=0.1))
    assert right == (logits.argmax(1) == labels).sum()


def test_of_several_questions_the_losses_add_up_and_a_clip_is_right_in_all():
    labels = torch.tensor([[0, 2], [1, 0], [0, 0], [0, 1]])
    loss, right = answers_loss(CONFIG, LOGITS, labels, 0.0)
    camera = F.cross_entropy(LOGITS[:, :2], labels[:, 0])
    subject = F.cross_entropy(LOGITS[:, 2:], labels[:, 1])
    torch.testing.assert_close(loss, camera + subject)
    assert right == 2  # the third's subject is wrong, the fourth's camera


def test_what_nobody_knows_neither_teaches_nor_counts():
    labels = torch.tensor([[0, -1], [1, 0], [-1, 2], [-1, -1]])
    logits = LOGITS.clone().requires_grad_()
    loss, right = answers_loss(CONFIG, logits, labels, 0.0)
    camera = F.cross_entropy(LOGITS[:2, :2], labels[:2, 0])
    subject = F.cross_entropy(LOGITS[1:3, 2:], labels[1:3, 1])
    torch.testing.assert_close(loss, camera + subject)
    loss.backward()
    assert not logits.grad[3].any() and not logits.grad[0, 2:].any()
    assert not logits.grad[2, :2].any() and logits.grad[0, :2].any()
    assert right == 4


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_question_that_no_clip_answers_is_left_out(smoothing):
    labels = torch.tensor([[0, -1]] * 4)
    loss, _ = answers_loss(CONFIG, LOGITS, labels, smoothing)
    alone = F.cross_entropy(LOGITS[:, :2], labels[:, 0], label_smoothing=smoothing)
    torch.testing.assert_close(loss, alone)
    assert answers_loss(CONFIG, LOGITS, labels - 1, smoothing)[0] == 0
