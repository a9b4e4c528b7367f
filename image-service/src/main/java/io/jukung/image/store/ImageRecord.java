package io.jukung.image.store;

import io.jukung.image.content.Digest;
import io.jukung.image.layer.ChainId;
import io.jukung.image.signature.KeptSignature;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An image as it is recorded on disk. The content itself is in the content and layer stores.
 *
 * @param id the digest of the configuration; of an artifact, the digest of its manifest
 * @param documents digests of the manifests and indexes by which the image came here
 * @param layers digests of the compressed blobs that these manifests name
 * @param diffIds digests of the uncompressed layers, bottom first
 * @param pulledAt an ISO 8601 instant
 * @param pinned whether the image was imported to be kept by the node's garbage collection; absent
 *     in records of older releases
 * @param intermediate whether the image is a result that a build keeps for later ones, and no image
 *     for users; absent in records of older releases
 * @param signatures that its pulls have found, because a policy demands some; null if there are
 *     none
 * @param openRepositories those whose registries have given the image without credentials
 * @param index the digest of the index that a build here has made for several platforms, of which
 *     this image is one; null: none
 * @param foreignNames the names by which it was pulled for another platform than the node's, whose
 *     images have those names; null: none
 */
public record ImageRecord(
    int version,
    String id,
    Set<String> documents,
    Set<String> layers,
    List<String> diffIds,
    Set<String> repoTags,
    Set<String> repoDigests,
    String pulledAt,
    boolean pinned,
    boolean intermediate,
    @Nullable List<KeptSignature> signatures,
    @Nullable Set<String> openRepositories,
    @Nullable String index,
    @Nullable Set<String> foreignNames) {
  public static final int VERSION = 1;

  /**
   * @throws IllegalArgumentException for a record that is incomplete or of another version
   */
  void check() {
    if (version != VERSION) {
      throw new IllegalArgumentException("its version is " + version + " and not " + VERSION);
    }
    // Jackson sets fields to null that the file does not have.
    if (id == null
        || documents == null
        || layers == null
        || diffIds == null
        || repoTags == null
        || repoDigests == null
        || pulledAt == null) {
      throw new IllegalArgumentException("it is not complete");
    }
    Digest.parse(id);
    documents.forEach(Digest::parse);
    layers.forEach(Digest::parse);
    diffIds.forEach(Digest::parse);
    keptSignatures().forEach(KeptSignature::check);
    if (index != null) {
      var _ = Digest.parse(index);
    }
  }

  /** The signatures; an empty list if there are none. */
  List<KeptSignature> keptSignatures() {
    return signatures == null ? List.of() : signatures;
  }

  /** The same image with the signatures that its pull has found. */
  public ImageRecord withSignatures(List<KeptSignature> found) {
    Draft changed = new Draft(this);
    changed.signatures = found.isEmpty() ? null : List.copyOf(found);
    return changed.done();
  }

  /** The same image, which a repository's registry has given without credentials. */
  public ImageRecord withOpenRepository(String repository) {
    Draft changed = new Draft(this);
    changed.openRepositories = Set.of(repository);
    return changed.done();
  }

  /** Whether the repository has given the image without credentials. */
  public boolean isOpenIn(String repository) {
    return openRepositories != null && openRepositories.contains(repository);
  }

  /**
   * The same image as one for another platform than the node's.
   *
   * @param pulled by which name it was pulled
   * @param own the name that it has itself, with a digest
   */
  public ImageRecord asForeign(String pulled, String own) {
    Draft changed = new Draft(this);
    changed.repoTags = Set.of();
    changed.repoDigests = Set.of(own);
    changed.foreignNames = Set.of(pulled);
    return changed.done();
  }

  /** Whether it was pulled by the name for another platform than the node's. */
  boolean isForeign(String name) {
    return foreignNames != null && foreignNames.contains(name);
  }

  /** Whether the image consists of files to be mounted and cannot be the image of a container. */
  public boolean isArtifact() {
    return documents.contains(id);
  }

  /** Everything that the content store keeps for the image. */
  Set<Digest> blobs() {
    Set<String> all = new TreeSet<>(documents);
    all.addAll(layers);
    all.add(id);
    Set<Digest> blobs = new LinkedHashSet<>();
    all.forEach(blob -> blobs.add(Digest.parse(blob)));
    return blobs;
  }

  /** The chain IDs of the layers, bottom first. */
  List<ChainId> chain() {
    return ChainId.of(diffIds.stream().map(Digest::parse).toList());
  }

  /** The same image with other names. */
  public ImageRecord withNames(Set<String> tags, Set<String> digests) {
    Draft changed = new Draft(this);
    changed.repoTags = tags;
    changed.repoDigests = digests;
    return changed.done();
  }

  public ImageRecord asPinned() {
    Draft changed = new Draft(this);
    changed.pinned = true;
    return changed.done();
  }

  /** The same image as a result that only builds know. */
  public ImageRecord asIntermediate() {
    Draft changed = new Draft(this);
    changed.repoTags = Set.of();
    changed.repoDigests = Set.of();
    changed.intermediate = true;
    return changed.done();
  }

  /**
   * The same image as one of several platforms.
   *
   * @param newIndex the digest of the index that names them
   * @param manifests the digests of all their manifests
   * @param blobs the digests of what these name
   */
  public ImageRecord withIndex(Digest newIndex, Set<String> manifests, Set<String> blobs) {
    Draft changed = new Draft(this);
    changed.documents = union(documents, manifests);
    changed.documents.add(newIndex.toString());
    changed.layers = union(layers, blobs);
    changed.index = newIndex.toString();
    return changed.done();
  }

  /** Unites the names and content of two records of the same image. */
  ImageRecord mergedWith(ImageRecord newer) {
    return new ImageRecord(
        VERSION,
        id,
        union(documents, newer.documents),
        union(layers, newer.layers),
        newer.diffIds,
        union(repoTags, newer.repoTags),
        union(repoDigests, newer.repoDigests),
        newer.pulledAt,
        pinned || newer.pinned,
        intermediate && newer.intermediate,
        unite(newer),
        unionOfOptional(openRepositories, newer.openRepositories),
        newer.index == null ? index : newer.index,
        unionOfOptional(foreignNames, newer.foreignNames));
  }

  /** Takes from both in turn: what a policy has accepted stands first in each. */
  private @Nullable List<KeptSignature> unite(ImageRecord newer) {
    Set<KeptSignature> united = new LinkedHashSet<>();
    for (int i = 0; i < KeptSignature.MAX_KEPT; i++) {
      for (List<KeptSignature> each : List.of(newer.keptSignatures(), keptSignatures())) {
        if (i < each.size()) {
          united.add(each.get(i));
        }
      }
    }
    return united.isEmpty() ? null : united.stream().limit(KeptSignature.MAX_KEPT).toList();
  }

  private static @Nullable Set<String> unionOfOptional(
      @Nullable Set<String> one, @Nullable Set<String> other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return union(one, other);
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> union = new TreeSet<>(one);
    union.addAll(other);
    return union;
  }

  /** A copy of a record while single members are changed. */
  private static final class Draft {
    private final ImageRecord from;
    private Set<String> documents;
    private Set<String> layers;
    private Set<String> repoTags;
    private Set<String> repoDigests;
    private boolean pinned;
    private boolean intermediate;
    private @Nullable List<KeptSignature> signatures;
    private @Nullable Set<String> openRepositories;
    private @Nullable String index;
    private @Nullable Set<String> foreignNames;

    Draft(ImageRecord from) {
      this.from = from;
      this.documents = from.documents;
      this.layers = from.layers;
      this.repoTags = from.repoTags;
      this.repoDigests = from.repoDigests;
      this.pinned = from.pinned;
      this.intermediate = from.intermediate;
      this.signatures = from.signatures;
      this.openRepositories = from.openRepositories;
      this.index = from.index;
      this.foreignNames = from.foreignNames;
    }

    ImageRecord done() {
      return new ImageRecord(
          from.version,
          from.id,
          documents,
          layers,
          from.diffIds,
          repoTags,
          repoDigests,
          from.pulledAt,
          pinned,
          intermediate,
          signatures,
          openRepositories,
          index,
          foreignNames);
    }
  }
}
