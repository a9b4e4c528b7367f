package io.jukung.image.service;

import io.jukung.client.v1.ImportRequest;
import io.jukung.client.v1.ImportResponse;
import io.jukung.image.transfer.ImageImporter;

/** Takes images out of an archive on this host. */
public final class Import {
  private final ImageImporter importer;

  public Import(ImageImporter importer) {
    this.importer = importer;
  }

  /** The caller's interrupt ends the import, with no work going on and no files left. */
  public ImportResponse call(ImportRequest request) throws InterruptedException {
    ImageImporter.Imported imported =
        importer.importFrom(
            HostPath.parse(request.getPath()), request.getReference(), request.getPin());
    ImportResponse.Builder response = ImportResponse.newBuilder().addAllNames(imported.names());
    imported.images().forEach(image -> response.addImages(ImageFields.toCri(image)));
    return response.build();
  }
}
