package io.jukung.runtime.store;

/** What makes a container the same one within its sandbox, in CRI. */
public record ContainerName(String sandboxId, String name, long attempt) {
  @Override
  public String toString() {
    return name + " (attempt " + attempt + ") of sandbox " + sandboxId;
  }
}
