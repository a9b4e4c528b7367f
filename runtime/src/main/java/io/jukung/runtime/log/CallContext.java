package io.jukung.runtime.log;

import com.google.protobuf.Message;
import io.jukung.runtime.call.CallTrace;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.MDC;

/**
 * What lines of the log that a call writes have in common: the call, its number, and the container
 * or sandbox that it is about. Only JSON lines show it. Belongs to one thread.
 */
public final class CallContext implements AutoCloseable {
  private static final AtomicLong CALLS = new AtomicLong();

  private CallContext() {}

  public static CallContext of(Message request) {
    if (Logging.showsContext()) {
      MDC.put("call", Long.toString(CALLS.incrementAndGet()));
      MDC.put("rpc", RequestSubject.call(request));
      putUnlessEmpty("container", RequestSubject.container(request));
      putUnlessEmpty("pod", RequestSubject.sandbox(request));
      CallTrace trace = CallTrace.current();
      if (trace != null) {
        MDC.put("trace", trace.id());
      }
    }
    return new CallContext();
  }

  private static void putUnlessEmpty(String key, String value) {
    if (!value.isEmpty()) {
      MDC.put(key, value);
    }
  }

  @Override
  public void close() {
    if (Logging.showsContext()) {
      MDC.clear();
    }
  }
}
