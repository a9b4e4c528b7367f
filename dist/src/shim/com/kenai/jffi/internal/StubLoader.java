package com.kenai.jffi.internal;

/**
 * Loads jffi's native library, in a shim in place of jffi's class of this name, which {@code
 * com.kenai.jffi.Init} calls by reflection. The original looks for the library in several places
 * and logs with java.util.logging, which costs every shim 20 ms of CPU; ours is where the shim's
 * launcher says: {@code -Djffi.boot.library.path=DIRECTORY}.
 */
public final class StubLoader {
  private static final String DIRECTORY = "jffi.boot.library.path";
  private static final String LIBRARY = "jffi-1.2";

  private static final Throwable FAILURE = load();

  private StubLoader() {}

  private static Throwable load() {
    try {
      System.load(System.getProperty(DIRECTORY) + "/" + System.mapLibraryName(LIBRARY));
      return null;
    } catch (UnsatisfiedLinkError | SecurityException e) {
      return e;
    }
  }

  /** Called by jffi. */
  public static boolean isLoaded() {
    return FAILURE == null;
  }

  /** Called by jffi where it is not loaded. */
  public static Throwable getFailureCause() {
    return FAILURE;
  }
}
