package io.jukung.linux.mount;

/** Whether mounts and unmounts below a mount propagate to its copies (mount_namespaces(7)). */
public enum Propagation {
  UNBINDABLE(1L << 17),
  PRIVATE(1L << 18),
  SLAVE(1L << 19),
  SHARED(1L << 20);

  private final long flag;

  Propagation(long flag) {
    this.flag = flag;
  }

  /** Returns the value of MS_*. */
  public long flag() {
    return flag;
  }
}
