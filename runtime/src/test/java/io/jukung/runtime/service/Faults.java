package io.jukung.runtime.service;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Counts the calls to fakes and makes one of them fail. Thread-safe. */
public final class Faults {
  private final List<String> calls = new ArrayList<>();
  private int failAt = -1;
  private boolean failed;

  /** Makes the {@code n}-th call from now on throw, counted from 0. */
  public synchronized void failAt(int n) {
    calls.clear();
    failAt = n;
    failed = false;
  }

  public synchronized void none() {
    failAt = -1;
  }

  /** Whether the call that had to fail was made. */
  public synchronized boolean failed() {
    return failed;
  }

  public synchronized List<String> calls() {
    return List.copyOf(calls);
  }

  synchronized void at(String call) throws IOException {
    calls.add(call);
    if (calls.size() - 1 == failAt) {
      failed = true;
      throw new IOException("injected failure of " + call);
    }
  }
}
