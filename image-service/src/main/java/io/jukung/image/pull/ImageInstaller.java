package io.jukung.image.pull;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.ContentMismatchException;
import io.jukung.image.content.ContentStore;
import io.jukung.image.content.Digest;
import io.jukung.image.install.PullListener;
import io.jukung.image.install.WantedLayer;
import io.jukung.image.layer.LayerFormatException;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.ConfigDocument;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ImageIndex;
import io.jukung.image.manifest.ImageManifest;
import io.jukung.image.manifest.ImageSource;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.manifest.Platform;
import io.jukung.image.registry.RegistryException;
import io.jukung.image.registry.SmallBlob;
import io.jukung.image.signature.KeptSignature;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import io.jukung.image.tar.ArchiveFormatException;
import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Installs an image from its manifest or index, whatever source its content comes from. One object
 * installs one image. Not thread-safe.
 */
public final class ImageInstaller {
  /** Indexes that lead to indexes exist. Deeper ones have no use and are refused. */
  private static final int MAX_INDEX_DEPTH = 3;

  private final ImageStore store;
  private final Pin pin;
  private final ImageSource source;
  private final PullListener listener;
  private final Platform platform;
  private final Set<String> documents = new TreeSet<>();
  private final List<Digest> path = new ArrayList<>();
  private Approval approval = Approval.NONE;

  public ImageInstaller(
      ImageStore store, Pin pin, ImageSource source, PullListener listener, Platform platform) {
    this.store = store;
    this.pin = pin;
    this.source = source;
    this.listener = listener;
    this.platform = platform;
  }

  /** Says whether an image may be installed. */
  @FunctionalInterface
  interface Approval {
    /** Every image may be. */
    Approval NONE = _ -> List.of();

    /**
     * Approves an image before its layers are fetched.
     *
     * @param documents the indexes that lead to the image, and its manifest
     * @return the signatures to be kept with it
     * @throws CriException if it may not be installed
     */
    List<KeptSignature> of(List<Digest> documents) throws IOException, InterruptedException;
  }

  /** Has the image installed only if it is approved. */
  void approveBy(Approval wanted) {
    approval = wanted;
  }

  /**
   * Brings all content of the image into the store.
   *
   * @param top the manifest or index that the reference leads to
   * @param tags the names with tags that the image gets
   * @param repositories the names under which the image gets the digest of {@code top}
   * @return the record to be registered, before the pin is closed
   */
  public ImageRecord prepare(FetchedManifest top, Set<String> tags, Set<String> repositories)
      throws IOException, InterruptedException {
    FetchedManifest document = top;
    for (int depth = 0; depth < MAX_INDEX_DEPTH; depth++) {
      keep(document);
      ManifestDocument parsed =
          ManifestDocument.parse(document.digest(), document.content(), document.contentType());
      path.add(document.digest());
      switch (parsed) {
        case ImageManifest manifest -> {
          List<KeptSignature> signatures = approval.of(path);
          return prepare(manifest, document.digest(), top.digest(), tags, repositories)
              .withSignatures(signatures);
        }
        case ArtifactManifest artifact -> {
          List<KeptSignature> signatures = approval.of(path);
          Digest id = document.digest();
          return bring(id, WantedLayer.of(artifact), top.digest(), tags, repositories)
              .withSignatures(signatures);
        }
        case ImageIndex index -> document = choose(index, document.digest());
      }
    }
    throw CriException.failedPrecondition(
        "index %s leads to more than %d further indexes".formatted(top.digest(), MAX_INDEX_DEPTH));
  }

  /** The digest of the manifest that was installed, after {@link #prepare}. */
  Digest manifest() {
    return path.getLast();
  }

  private void keep(FetchedManifest document) throws IOException {
    pin.addBlob(document.digest());
    store.content().put(document.digest(), document.content());
    documents.add(document.digest().toString());
  }

  private FetchedManifest choose(ImageIndex index, Digest digest)
      throws IOException, InterruptedException {
    Optional<ImageIndex.Entry> chosen = platform.select(index.entries());
    if (chosen.isEmpty() && index.entries().size() == 1) {
      // A single entry without a platform is used without a choice.
      chosen = index.entries().stream().filter(e -> e.platform().isEmpty()).findFirst();
    }
    Descriptor descriptor =
        chosen
            .map(ImageIndex.Entry::descriptor)
            .orElseThrow(
                () ->
                    CriException.notFound(
                        "index %s has no image for %s, only for %s"
                            .formatted(digest, platform, platforms(index))));
    if (descriptor.size() > ManifestDocument.MAX_BYTES) {
      throw CriException.failedPrecondition(
          "index %s: its manifest %s has %d bytes, above the bound of %d"
              .formatted(
                  digest, descriptor.digest(), descriptor.size(), ManifestDocument.MAX_BYTES));
    }
    FetchedManifest document = source.manifest(descriptor.digest());
    if (document.content().length != descriptor.size()) {
      throw CriException.failedPrecondition(
          "index %s: its manifest %s has %d bytes and not %d"
              .formatted(
                  digest, descriptor.digest(), document.content().length, descriptor.size()));
    }
    return new FetchedManifest(
        document.digest(), document.content(), Optional.of(descriptor.mediaType()));
  }

  private static String platforms(ImageIndex index) {
    String all =
        index.entries().stream()
            .flatMap(entry -> entry.platform().stream())
            .map(Platform::toString)
            .filter(text -> !text.startsWith("unknown/")) // attestations
            .distinct()
            .limit(20)
            .collect(Collectors.joining(", "));
    return all.isEmpty() ? "none that it names" : all;
  }

  private ImageRecord prepare(
      ImageManifest manifest,
      Digest manifestDigest,
      Digest topDigest,
      Set<String> tags,
      Set<String> repositories)
      throws IOException, InterruptedException {
    Digest id = manifest.config().digest();
    pin.addBlob(id);
    ConfigDocument config = ConfigDocument.parse(id, config(manifest.config()));
    if (config.diffIds().size() != manifest.layers().size()) {
      throw CriException.failedPrecondition(
          "manifest %s has %d layers and its configuration %d"
              .formatted(manifestDigest, manifest.layers().size(), config.diffIds().size()));
    }
    if (!config.config().os().isEmpty() && !config.config().os().equals(platform.os())) {
      throw CriException.failedPrecondition(
          "image %s is for %s and not for %s".formatted(id, config.config().os(), platform.os()));
    }
    List<WantedLayer> layers = WantedLayer.of(manifest, config.diffIds());
    return bring(id, layers, topDigest, tags, repositories);
  }

  private ImageRecord bring(
      Digest id,
      List<WantedLayer> wanted,
      Digest topDigest,
      Set<String> tags,
      Set<String> repositories)
      throws IOException, InterruptedException {
    pin.addLayers(wanted.stream().map(WantedLayer::chainId).toList());
    Set<String> layers = new TreeSet<>();
    for (WantedLayer layer : wanted) {
      pin.addBlob(layer.blob().digest());
      layers.add(layer.blob().digest().toString());
    }
    store.installer().install(wanted, source, listener);
    Set<String> repoDigests = new TreeSet<>();
    repositories.forEach(repository -> repoDigests.add(repository + "@" + topDigest));
    return new ImageRecord(
        ImageRecord.VERSION,
        id.toString(),
        documents,
        layers,
        wanted.stream().map(layer -> layer.diffId().toString()).toList(),
        new TreeSet<>(tags),
        repoDigests,
        Instant.now().toString(),
        /* pinned= */ false,
        /* intermediate= */ false,
        /* signatures= */ null,
        /* openRepositories= */ null,
        /* index= */ null,
        /* foreignNames= */ null);
  }

  private byte[] config(Descriptor descriptor) throws IOException, InterruptedException {
    ContentStore content = store.content();
    if (descriptor.size() > ConfigDocument.MAX_BYTES) {
      throw CriException.failedPrecondition(
          "image configuration %s has %d bytes, above the bound of %d"
              .formatted(descriptor.digest(), descriptor.size(), ConfigDocument.MAX_BYTES));
    }
    if (content.contains(descriptor.digest())) {
      return content.read(descriptor.digest(), ConfigDocument.MAX_BYTES);
    }
    while (true) {
      try {
        byte[] bytes = SmallBlob.fetch("image configuration", descriptor, source);
        content.put(descriptor.digest(), bytes);
        return bytes;
      } catch (ContentMismatchException e) {
        if (!source.rejectDelivered(descriptor.digest())) {
          throw e;
        }
      }
    }
  }

  /**
   * Converts a failure of a pull or import into the exception for the caller.
   *
   * @param action what was tried, as in {@code pull busybox}
   */
  public static RuntimeException explain(String action, IOException e) throws InterruptedException {
    // Another attempt or another mirror may deliver the right content.
    return explain(action, ErrorKind.UNAVAILABLE, e);
  }

  /**
   * As {@link #explain(String, IOException)}.
   *
   * @param mismatch the kind of error if content does not have the digest that it should have
   */
  public static RuntimeException explain(String action, ErrorKind mismatch, IOException e)
      throws InterruptedException {
    for (Throwable t = e; t != null; t = t.getCause()) {
      switch (t) {
        case InterruptedIOException interrupted -> throw interrupted(interrupted);
        case InterruptedException interrupted -> throw interrupted(interrupted);
        case CriException known -> {
          return new CriException(known.kind(), action + ": " + known.getMessage(), e);
        }
        case RegistryException registry -> {
          return new CriException(registry.kind(), action + ": " + registry.getMessage(), e);
        }
        case LayerFormatException format -> {
          return new CriException(
              ErrorKind.FAILED_PRECONDITION, action + ": " + format.getMessage(), e);
        }
        case ArchiveFormatException format -> {
          return new CriException(
              ErrorKind.FAILED_PRECONDITION, action + ": " + format.getMessage(), e);
        }
        case ContentMismatchException wrong -> {
          return new CriException(mismatch, action + ": " + wrong.getMessage(), e);
        }
        case ErrnoException errno when errno.is(Errno.ENOSPC) || errno.is(Errno.EDQUOT) -> {
          return new CriException(
              ErrorKind.RESOURCE_EXHAUSTED, action + ": " + errno.getMessage(), e);
        }
        default -> {} // look at its cause
      }
    }
    return CriException.internal(action + ": " + e.getMessage(), e);
  }

  private static InterruptedException interrupted(Throwable cause) {
    InterruptedException interrupted = new InterruptedException("interrupted");
    interrupted.initCause(cause);
    return interrupted;
  }
}
