package io.jukung.image.service;

import io.jukung.client.v1.ExportRequest;
import io.jukung.client.v1.ExportResponse;
import io.jukung.cri.CriException;
import io.jukung.image.transfer.ImageExporter;

/** Writes images into an archive on this host. */
public final class Export {
  private final ImageExporter exporter;

  public Export(ImageExporter exporter) {
    this.exporter = exporter;
  }

  /** An interrupt of the calling thread ends the export; no file is left then. */
  public ExportResponse call(ExportRequest request) throws InterruptedException {
    ImageExporter.Format format =
        switch (request.getFormat()) {
          case OCI_ARCHIVE -> ImageExporter.Format.OCI_ARCHIVE;
          case DOCKER_ARCHIVE -> ImageExporter.Format.DOCKER_ARCHIVE;
          case UNRECOGNIZED -> throw CriException.unimplementedField("format");
        };
    exporter.exportTo(request.getImagesList(), HostPath.parse(request.getPath()), format);
    return ExportResponse.getDefaultInstance();
  }
}
