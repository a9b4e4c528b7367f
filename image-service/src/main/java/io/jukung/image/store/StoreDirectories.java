package io.jukung.image.store;

import io.jukung.image.content.Digest;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileAttributes;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the store keeps what.
 *
 * <pre>
 * images/blobs/sha256/…      manifests, configurations, compressed layers
 * images/layers/sha256-…/    unpacked layers, by chain ID
 * images/records/….json      one per image: its content and its names
 * images/leases/….json       one per user of an image, such as a container
 * images/temporary/          unfinished work; emptied when the store opens
 * images/partial/            the beginnings of blobs whose transfer was interrupted
 * images/aside/              damaged records
 * images/empty/              the root file system of images without layers
 * </pre>
 */
record StoreDirectories(Path root) {
  Path blobs() {
    return root.resolve("blobs");
  }

  Path layers() {
    return root.resolve("layers");
  }

  Path records() {
    return root.resolve("records");
  }

  Path leases() {
    return root.resolve("leases");
  }

  Path temporary() {
    return root.resolve("temporary");
  }

  Path partial() {
    return root.resolve("partial");
  }

  Path aside() {
    return root.resolve("aside");
  }

  /** A directory that stays empty: the lower directory of an image that has no layers. */
  Path empty() {
    return root.resolve("empty");
  }

  /** Whether the file of a blob does not exist. */
  boolean lacks(Digest blob) {
    return Files.notExists(blobs().resolve(blob.algorithm().label()).resolve(blob.hex()));
  }

  /** How many directories there are below the root. */
  int count() {
    return all().size();
  }

  /** Makes the directories that do not exist. Only root can enter them. */
  void create() throws IOException {
    Files.createDirectories(root);
    try (Fd directory = HostFile.openDirectory(root)) {
      FileAttributes.setMode(directory, 0700);
    }
    for (Path directory : all()) {
      Files.createDirectories(directory);
    }
    try (Fd empty = HostFile.openDirectory(empty())) {
      FileAttributes.setMode(empty, 0755); // containers see this directory as their root
    }
  }

  private List<Path> all() {
    return List.of(
        blobs(), layers(), records(), leases(), temporary(), partial(), aside(), empty());
  }
}
