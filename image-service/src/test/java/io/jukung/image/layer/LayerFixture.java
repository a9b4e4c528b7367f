package io.jukung.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.image.content.Digest;
import io.jukung.linux.fs.HostFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A layer store in a temporary directory, into which a test puts layers in the same way as a pull
 * does.
 */
final class LayerFixture {
  private final Path root;
  private final LayerStore store;

  LayerFixture(Path root, LayerFormat format, LayerLimits limits) throws IOException {
    this.root = root;
    Files.createDirectories(root.resolve("temporary"));
    store = LayerStore.open(root.resolve("layers"), root.resolve("temporary"), limits, format);
  }

  LayerFixture(Path root, LayerFormat format) throws IOException {
    this(root, format, LayerLimits.DEFAULT);
  }

  LayerStore store() {
    return store;
  }

  /** Installs one layer and returns its directory. */
  Path unpack(byte[] tar) throws IOException, InterruptedException {
    return unpackAll(tar).getFirst();
  }

  /** Installs a layer above an empty one and returns its directory. */
  Path unpackOver(byte[] below, byte[] tar) throws IOException, InterruptedException {
    return unpackAll(below, tar).getFirst();
  }

  /** Installs layers and returns their directories, topmost first. */
  List<Path> unpackAll(byte[]... tars) throws IOException, InterruptedException {
    List<Digest> diffIds = new ArrayList<>();
    List<Path> topFirst = new ArrayList<>();
    for (byte[] tar : tars) {
      Digest diffId = Digest.sha256(tar);
      diffIds.add(diffId);
      ChainId chainId = ChainId.of(diffIds).getLast();
      topFirst.addFirst(add(tar, diffId, chainId, topFirst));
    }
    return topFirst;
  }

  private Path add(byte[] layer, Digest diffId, ChainId chainId, List<Path> below)
      throws IOException, InterruptedException {
    if (store.find(chainId).isPresent()) {
      return mounted(store.find(chainId).get());
    }
    try (LayerDraft draft = store.draft(store.format())) {
      draft.unpack(new ByteArrayInputStream(layer), diffId, below.isEmpty());
      List<LowerTree> trees = new ArrayList<>();
      for (Path directory : below) {
        trees.add(() -> HostFile.openDirectory(directory));
      }
      draft.settle(trees);
      draft.sync();
      return mounted(store.publish(draft, chainId, diffId));
    }
  }

  /** Whether the layer in the directory has an opaque root. */
  boolean hidesLower(Path directory) {
    return store.chainIds().stream()
        .flatMap(id -> store.find(id).stream())
        .anyMatch(layer -> layer.lowerDirectory().equals(directory) && layer.hidesLower());
  }

  private Path mounted(LayerStore.Layer layer) throws IOException {
    store.ensureMounted(layer);
    return layer.lowerDirectory();
  }

  /** Unpacks compressed bytes as the lowest layer. */
  Path unpackCompressed(byte[] blob, byte[] tar) throws IOException, InterruptedException {
    return add(blob, Digest.sha256(tar), new ChainId(Digest.sha256(blob)), List.of());
  }

  void assertNothingUnfinished() throws IOException {
    try (Stream<Path> left = Files.list(root.resolve("temporary"))) {
      assertThat(left).isEmpty();
    }
  }
}
