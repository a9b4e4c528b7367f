package io.jukung.runtime.store;

/** The name by which CRI tells sandboxes apart. Two sandboxes never share one. */
public record SandboxName(String name, String uid, String namespace, long attempt) {
  /** By hand, as {@link #hashCode}: Java would generate classes for them in each daemon. */
  @Override
  public boolean equals(Object other) {
    return other instanceof SandboxName that
        && attempt == that.attempt
        && uid.equals(that.uid)
        && name.equals(that.name)
        && namespace.equals(that.namespace);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * uid.hashCode() + name.hashCode()) + Long.hashCode(attempt);
  }

  @Override
  public String toString() {
    return namespace + "/" + name + " (uid " + uid + ", attempt " + attempt + ")";
  }
}
