package io.jukung.linux.process;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * SIGHUP, which ends a JVM unless a handler is installed. The JDK's handlers are in sun.misc.Signal
 * of the module jdk.unsupported. They are reached by reflection, because javac has a warning for
 * each mention of that class that cannot be switched off.
 */
public final class HangupSignal {
  private HangupSignal() {}

  /**
   * Calls the handler for each SIGHUP from now on, on a thread of the JVM's own, instead of ending
   * this process. Signals that come at the same time may count as one.
   *
   * @param handler must return quickly and must not throw
   */
  public static void handle(Runnable handler) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> signalHandler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              HangupSignal.class.getClassLoader(), new Class<?>[] {signalHandler}, to(handler));
      Object hangup = signal.getConstructor(String.class).newInstance("HUP");
      signal.getMethod("handle", signal, signalHandler).invoke(null, hangup, proxy);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JVM has no sun.misc.Signal", e);
    }
  }

  @SuppressWarnings("ReferenceEquality") // a proxy is equal to itself alone
  private static InvocationHandler to(Runnable handler) {
    return (proxy, method, arguments) ->
        switch (method.getName()) {
          case "handle" -> {
            handler.run();
            yield null;
          }
          case "equals" -> arguments[0] == proxy;
          case "hashCode" -> System.identityHashCode(proxy);
          default -> "SIGHUP handler";
        };
  }
}
