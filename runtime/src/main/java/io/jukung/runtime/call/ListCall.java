package io.jukung.runtime.call;

import java.io.IOException;

/** A call that answers with a whole list, as the call that sends the same list in parts sees it. */
@FunctionalInterface
public interface ListCall<Q, A> {
  A call(Q request) throws IOException, InterruptedException;
}
