package io.jukung.runtime.store;

/**
 * The name by which CRI tells the containers of a sandbox apart. Two containers never share one.
 */
public record ContainerName(String sandboxId, String name, long attempt) {
  /** By hand, as {@link #hashCode}: Java would generate classes for them in each daemon. */
  @Override
  public boolean equals(Object other) {
    return other instanceof ContainerName that
        && attempt == that.attempt
        && sandboxId.equals(that.sandboxId)
        && name.equals(that.name);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * sandboxId.hashCode() + name.hashCode()) + Long.hashCode(attempt);
  }

  @Override
  public String toString() {
    return name + " (attempt " + attempt + ") of sandbox " + sandboxId;
  }
}
