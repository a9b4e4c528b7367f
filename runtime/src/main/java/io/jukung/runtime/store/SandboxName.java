package io.jukung.runtime.store;

/** The name by which CRI tells sandboxes apart. Two sandboxes never share one. */
public record SandboxName(String name, String uid, String namespace, long attempt) {
  @Override
  public String toString() {
    return namespace + "/" + name + " (uid " + uid + ", attempt " + attempt + ")";
  }
}
