package io.jukung.image.service;

import io.jukung.client.v1.ImportRequest;
import io.jukung.client.v1.ImportResponse;
import io.jukung.image.transfer.ImageImporter;

/** Imports the images of an archive on this host. */
public final class Import {
  private final ImageImporter importer;

  public Import(ImageImporter importer) {
    this.importer = importer;
  }

  /** An interrupt of the calling thread ends the import; no thread and no file is left then. */
  public ImportResponse call(ImportRequest request) throws InterruptedException {
    ImageImporter.Imported imported =
        importer.importFrom(
            HostPath.parse(request.getPath()), request.getReference(), request.getPin());
    ImportResponse.Builder response = ImportResponse.newBuilder().addAllNames(imported.names());
    imported.images().forEach(image -> response.addImages(ImageFields.toCri(image)));
    return response.build();
  }
}
