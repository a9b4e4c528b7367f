package io.jukung.runtime.doctor;

import java.io.IOException;
import java.util.List;

/** Finds what belongs to no pod and no container. */
@FunctionalInterface
public interface Orphans {
  /** Returns a few words about each: what would be done about the orphan. */
  List<String> find() throws IOException;
}
