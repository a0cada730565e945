#!/usr/bin/env python3
"""make_scores.py OUT -- write scores.bin: scikit-learn's scores of a nasty
case.  Class 3 has no samples, class 7 is never predicted, class 8 is always
right, class 9 never, and class 0 has one sample."""

import sys

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

import dump

K = 10
random = np.random.RandomState(1)
truth = random.choice([1, 2, 4, 5, 6, 7, 8, 9], 499)
guess = np.where(random.rand(499) < 0.6, truth, random.randint(0, K, 499))
truth = np.append(truth, 0)
guess = np.append(guess, 0)
guess[guess == 7] = 3
guess[(guess == 8) | (truth == 8)] = 1
guess[truth == 8] = 8
guess[(truth == 9) & (guess == 9)] = 2

classes = np.arange(K)
scores = precision_recall_fscore_support(
    truth, guess, labels=classes, zero_division=0)
dump.write(sys.argv[1], [
    ("truth", "u8", truth), ("guess", "u8", guess),
    ("confusion", "f64", confusion_matrix(truth, guess, labels=classes)),
] + [(name, "f64", values) for name, values in
     zip(("precision", "recall", "f1", "support"), scores)])
print(confusion_matrix(truth, guess, labels=classes))
