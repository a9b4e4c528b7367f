package io.jukung.linux.libc;

/** The processor architectures that jukung runs on. */
public enum Arch {
  X86_64,
  AARCH64;

  /** The architecture that this process runs on. */
  public static final Arch CURRENT = of(System.getProperty("os.arch", "unknown"));

  private static Arch of(String name) {
    return switch (name) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64" -> AARCH64;
      default -> throw new UnsupportedOperationException("processor architecture " + name);
    };
  }
}
