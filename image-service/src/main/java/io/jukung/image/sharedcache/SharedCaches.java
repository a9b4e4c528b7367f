package io.jukung.image.sharedcache;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.manifest.ArtifactManifest;
import io.jukung.image.manifest.Descriptor;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.ManifestDocument;
import io.jukung.image.pull.ImageInstaller;
import io.jukung.image.push.ImagePusher;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistrySession;
import io.jukung.image.registry.SmallBlob;
import io.jukung.image.signature.SignatureGate;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import io.jukung.linux.FreshThread;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads and writes caches in registries, with the credentials of the node's auth files, and in
 * directories of the node. Thread-safe.
 */
public final class SharedCaches {
  private final ImageStore store;
  private final RegistryClient registries;
  private final ImagePusher pusher;
  private final SignatureGate gate;

  public SharedCaches(
      ImageStore store, RegistryClient registries, ImagePusher pusher, SignatureGate gate) {
    this.store = store;
    this.registries = registries;
    this.pusher = pusher;
    this.gate = gate;
  }

  /**
   * Reads the list of a cache's steps, which is in a registry or, with a name such as {@code
   * oci-layout:///DIRECTORY:TAG}, in a directory. No layer is fetched yet. The node's signature
   * policy is asked for the cache as for an image of its name: its layers become parts of images
   * that run.
   *
   * @param before the steps of other caches, which are asked first
   * @throws CriException with the kind that fits
   */
  public ImportedSteps read(String name, ImportedSteps before) throws InterruptedException {
    Optional<LocalCache> local = LocalCache.named(name);
    return local.isPresent() ? readLocal(local.get(), before) : readShared(name, before);
  }

  /**
   * Reads a cache in a directory, on a platform thread: the file system may be one that does not
   * answer.
   */
  private ImportedSteps readLocal(LocalCache cache, ImportedSteps before)
      throws InterruptedException {
    String action = "import cache " + cache.directory();
    if (gate.isGuarded()) {
      throw new CriException(
          ErrorKind.FAILED_PRECONDITION,
          action + ": this node has a signature policy, and a directory has no signatures");
    }
    try {
      return FreshThread.call(
          "build-cache",
          () -> {
            try {
              return cache.read(before, store.temporary(), store.layerLimits());
            } catch (InterruptedException e) {
              throw new InterruptedIOException("interrupted");
            }
          });
    } catch (IOException e) {
      throw ImageInstaller.explain(action, e);
    } catch (CriException e) {
      throw new CriException(e.kind(), action + ": " + e.getMessage(), e);
    }
  }

  private ImportedSteps readShared(String name, ImportedSteps before) throws InterruptedException {
    ImageReference reference = ImageReference.parse(name);
    String action = "import cache " + reference;
    try {
      Optional<SignatureGate.Approval> approval = gate.begin(reference);
      RegistrySession registry = registries.open(reference, Credentials.ANONYMOUS);
      FetchedManifest top = registry.resolve();
      if (approval.isPresent()) {
        var _ = approval.get().fetch(List.of(top.digest()), registry);
      }
      ManifestDocument document =
          ManifestDocument.parse(top.digest(), top.content(), top.contentType());
      Descriptor list = CacheDocuments.stepsOf(document);
      byte[] content = SmallBlob.fetch(list, registry);
      return before.with(CacheDocuments.parse((ArtifactManifest) document, content), registry);
    } catch (IOException e) {
      throw ImageInstaller.explain(action, e);
    } catch (CriException e) {
      throw new CriException(e.kind(), action + ": " + e.getMessage(), e);
    }
  }

  /**
   * Writes a cache, in place of what has the name, which is as for {@link #read}.
   *
   * @param steps with layers that the store has; of too many, the last ones are left out
   * @return how many steps were written
   * @throws CriException with the kind that fits
   */
  public int write(String name, List<SharedStep> steps) throws InterruptedException {
    Optional<LocalCache> local = LocalCache.named(name);
    Optional<ImageReference> reference =
        local.isPresent() ? Optional.empty() : Optional.of(ImageReference.parse(name));
    if (reference.isPresent() && reference.get().digest().isPresent()) {
      throw CriException.invalidArgument(
          "export cache " + name + ": a cache is named by a tag, not by a digest");
    }
    List<SharedStep> bounded = bounded(steps);
    List<Descriptor> layers = CacheDocuments.layers(bounded);
    byte[] list = CacheDocuments.steps(bounded);
    byte[] manifest = CacheDocuments.manifest(list, layers);
    try (Pin pin = store.pin()) {
      layers.forEach(layer -> pin.addBlob(layer.digest()));
      for (byte[] document : List.of(list, CacheDocuments.EMPTY)) {
        pin.addBlob(Digest.sha256(document));
        store.content().put(Digest.sha256(document), document);
      }
      List<byte[]> documents = List.of(list, CacheDocuments.EMPTY);
      if (reference.isPresent()) {
        pusher.pushArtifact(reference.get(), manifest, documents, layers);
      } else {
        FreshThread.run(
            "build-cache",
            () -> local.orElseThrow().write(manifest, documents, layers, store.content()));
      }
      return bounded.size();
    } catch (IOException e) {
      throw ImageInstaller.explain("export cache " + name, e);
    } catch (CriException e) {
      throw new CriException(e.kind(), "export cache " + name + ": " + e.getMessage(), e);
    }
  }

  private static List<SharedStep> bounded(List<SharedStep> steps) {
    List<SharedStep> bounded = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    Set<Digest> blobs = new HashSet<>();
    for (SharedStep step : steps) {
      if (bounded.size() == CacheDocuments.MAX_STEPS) {
        break;
      }
      Optional<Digest> blob = step.layer().map(layer -> layer.blob().digest());
      boolean room =
          blob.isEmpty() || blobs.contains(blob.get()) || blobs.size() < CacheDocuments.MAX_LAYERS;
      if (room && keys.add(step.key())) {
        blob.ifPresent(blobs::add);
        bounded.add(step);
      }
    }
    return bounded;
  }
}
