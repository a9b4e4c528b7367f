package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.buildcache.ChainImages;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.transfer.ImageExporter;
import io.jukung.linux.archive.TarOutput;
import io.jukung.linux.archive.TreeReader;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.mount.OverlayMount;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.TreeSet;

/** Brings the result of a build to where it is wanted. For one thread. */
final class ResultExport {
  private final BuildSettings settings;
  private final ChainImages images;
  private final BuildListener listener;
  private final ImageExporter exporter;

  ResultExport(
      BuildSettings settings, ChainImages images, BuildListener listener, ImageExporter exporter) {
    this.settings = settings;
    this.images = images;
    this.listener = listener;
    this.exporter = exporter;
  }

  /**
   * Exports the result of a build for one platform.
   *
   * @return the image's ID; empty if the result is files
   */
  String export(ChainImages.Finished image) throws IOException, InterruptedException {
    byte[] configuration = image.configuration();
    List<StageLayer> layers = image.layers();
    List<String> tags = settings.tags();
    return switch (settings.output()) {
      case BuildOutput.Store _ -> images.finish(configuration, layers, new TreeSet<>(tags)).id();
      case BuildOutput.Files files -> {
        step("exporting to client files", () -> writeFiles(layers, files.target()));
        yield "";
      }
      case BuildOutput.Archive archive -> {
        String id = images.unnamed(configuration, layers);
        String form =
            archive.format() == ImageExporter.Format.OCI_ARCHIVE ? "OCI archive" : "docker archive";
        step(
            "exporting to " + form,
            () -> exporter.exportTo(id, tags, archive.target(), archive.format()));
        yield id;
      }
    };
  }

  /** Keeps the results for several platforms. Returns the ID of the image that has the names. */
  String exportAll(List<ChainImages.Finished> built) throws IOException, InterruptedException {
    return images.finish(built, new TreeSet<>(settings.tags())).id();
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void step(String name, Work work) throws IOException, InterruptedException {
    Steps.Running step = new Steps(listener, "").begin(name, 0, 0);
    try {
      work.run();
    } catch (CriException e) {
      throw step.failed(e);
    } catch (IOException e) {
      throw step.failed(new CriException(ErrorKind.INTERNAL, name + ": " + e.getMessage(), e));
    }
    step.done(false);
  }

  private void writeFiles(List<StageLayer> layers, OutputStream target)
      throws IOException, InterruptedException {
    try (Fd mount = OverlayMount.detachedReadOnly(images.mounted(layers));
        Fd root = Openat2.openDirectory(mount, "."); // the handle of a mount cannot be read
        TarOutput archive = new TarOutput(target)) {
      new TreeReader(archive).addDirectory(root, "");
    }
  }
}
