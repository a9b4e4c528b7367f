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
  private final BuildTools tools;
  private final ImageExporter exporter;

  ResultExport(BuildTools tools, ImageExporter exporter) {
    this.tools = tools;
    this.exporter = exporter;
  }

  /**
   * Exports the result.
   *
   * @param configuration the image's document
   * @return the image's ID; empty if the result is files
   */
  String export(byte[] configuration, List<StageLayer> layers)
      throws IOException, InterruptedException {
    List<String> tags = tools.settings().tags();
    ChainImages images = tools.images();
    return switch (tools.settings().output()) {
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

  @FunctionalInterface
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void step(String name, Work work) throws IOException, InterruptedException {
    Steps.Running step = new Steps(tools.listener(), "").begin(name, 0, 0);
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
    try (Fd mount = OverlayMount.detachedReadOnly(tools.images().mounted(layers));
        Fd root = Openat2.openDirectory(mount, "."); // the handle of a mount cannot be read
        TarOutput archive = new TarOutput(target)) {
      new TreeReader(archive).addDirectory(root, "");
    }
  }
}
