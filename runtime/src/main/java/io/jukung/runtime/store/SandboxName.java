package io.jukung.runtime.store;

/** What makes a sandbox the same one, in CRI. */
public record SandboxName(String name, String uid, String namespace, long attempt) {
  @Override
  public String toString() {
    return namespace + "/" + name + " (uid " + uid + ", attempt " + attempt + ")";
  }
}
