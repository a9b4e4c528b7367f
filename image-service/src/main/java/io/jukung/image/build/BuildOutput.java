package io.jukung.image.build;

import io.jukung.image.transfer.ImageExporter;
import java.io.OutputStream;

/** Where the result of a build goes. */
public sealed interface BuildOutput {
  /** Into the image store, under the names of the build. */
  record Store() implements BuildOutput {}

  /**
   * The files of the image go into a tar archive, and nothing is kept.
   *
   * @param target takes the archive; the caller's
   */
  record Files(OutputStream target) implements BuildOutput {}

  /**
   * The image goes into an archive, and is not kept.
   *
   * @param target takes the archive; the caller's
   */
  record Archive(ImageExporter.Format format, OutputStream target) implements BuildOutput {}
}
