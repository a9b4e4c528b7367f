package io.jukung.runtime.call;

import java.io.IOException;

/**
 * An RPC that answers with a whole list. The RPC that streams the same list in chunks calls it.
 *
 * @param <Q> the request
 * @param <A> the answer
 */
@FunctionalInterface
public interface ListCall<Q, A> {
  A call(Q request) throws IOException, InterruptedException;
}
