package io.jukung.linux.fs;

/** A device's major (12 bits) and minor (20 bits) number, as the kernel bounds them (kdev_t.h). */
public record DeviceNumber(int major, int minor) {
  public static final int MAX_MAJOR = 0xFFF;
  public static final int MAX_MINOR = 0xFFFFF;

  public DeviceNumber {
    if (major < 0 || major > MAX_MAJOR || minor < 0 || minor > MAX_MINOR) {
      throw new IllegalArgumentException("device number " + major + ":" + minor);
    }
  }

  /** Returns the 32-bit form that mknodat(2) takes (new_decode_dev of the kernel). */
  public long encoded() {
    return (minor & 0xFFL) | ((long) major << 8) | ((long) (minor & 0xFFF00) << 12);
  }

  @Override
  public String toString() {
    return major + ":" + minor;
  }
}
