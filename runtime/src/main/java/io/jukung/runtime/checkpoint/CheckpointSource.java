package io.jukung.runtime.checkpoint;

import java.io.IOException;
import java.io.OutputStream;

/** Where a checkpoint is read from. Nothing in it is trusted. */
interface CheckpointSource extends AutoCloseable {
  /** What looks at the members of a checkpoint, one after the other. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Called for each member.
     *
     * @param name as in {@link ArchiveNames}; nothing of it is checked
     * @param size in bytes
     * @param content can be copied once, during this call
     */
    void member(String name, long size, Content content) throws IOException;
  }

  /** The content of a member. */
  @FunctionalInterface
  interface Content {
    void copyTo(OutputStream out) throws IOException;
  }

  /**
   * Visits all members that are regular files.
   *
   * @throws io.jukung.cri.CriException FAILED_PRECONDITION if there is something else that an
   *     archive of a checkpoint cannot have
   */
  void visit(Visitor visitor) throws IOException;

  /** The path of the archive or the name of the image, for messages. */
  String name();

  @Override
  void close();
}
