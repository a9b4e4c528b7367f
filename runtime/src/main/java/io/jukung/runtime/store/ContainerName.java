package io.jukung.runtime.store;

/**
 * The name by which CRI tells the containers of a sandbox apart. Two containers never share one.
 */
public record ContainerName(String sandboxId, String name, long attempt) {
  @Override
  public String toString() {
    return name + " (attempt " + attempt + ") of sandbox " + sandboxId;
  }
}
