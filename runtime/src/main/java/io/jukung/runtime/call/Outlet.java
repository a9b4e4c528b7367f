package io.jukung.runtime.call;

/**
 * Where a call puts answers that come as long as the caller wants them. For one thread.
 *
 * @param <R> an answer
 */
public interface Outlet<R> {
  /** Tells the caller, before the first answer, that the call is being served. */
  void open();

  /** Waits until the caller takes answers, and gives the caller this one. */
  void send(R answer) throws InterruptedException;
}
