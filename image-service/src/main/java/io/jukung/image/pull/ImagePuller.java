package io.jukung.image.pull;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.FetchedManifest;
import io.jukung.image.manifest.Platform;
import io.jukung.image.reference.ImageReference;
import io.jukung.image.registry.HostPlan;
import io.jukung.image.registry.RegistryClient;
import io.jukung.image.registry.RegistrySession;
import io.jukung.image.signature.SignatureGate;
import io.jukung.image.store.ImageRecord;
import io.jukung.image.store.ImageStore;
import io.jukung.image.store.Pin;
import io.jukung.image.store.StoredImage;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Pulls images from registries into the store. Thread-safe. */
public final class ImagePuller {
  private final ImageStore store;
  private final RegistryClient registries;
  private final SignatureGate gate;
  private final ActivePulls active = new ActivePulls();
  private volatile PullObserver observer = PullObserver.NONE;

  /**
   * Creates a puller.
   *
   * @param gate says which images may be pulled
   */
  public ImagePuller(ImageStore store, RegistryClient registries, SignatureGate gate) {
    this.store = store;
    this.registries = registries;
    this.gate = gate;
  }

  /**
   * Pulls the content of an image that is not in the store yet. The registry is always asked to
   * resolve the reference, with the caller's credentials: an image in the store does not prove that
   * this caller may use it.
   *
   * @param requester who asks for the image, in words for people
   * @throws CriException with the kind that fits
   * @throws InterruptedException when the calling thread is interrupted; all work has ended then
   *     and its files are removed
   */
  public StoredImage pull(
      String reference, Credentials credentials, PullListener listener, String requester)
      throws InterruptedException {
    return pull(reference, credentials, listener, requester, Optional.empty());
  }

  /**
   * As {@link #pull(String, Credentials, PullListener, String)}, an image of another platform than
   * the node's. The image gets no tag, which would be taken from the image that this node can run,
   * but the digest of its own manifest.
   */
  StoredImage pullFor(
      Platform platform,
      String reference,
      Credentials credentials,
      PullListener listener,
      String requester)
      throws InterruptedException {
    return pull(reference, credentials, listener, requester, Optional.of(platform));
  }

  private StoredImage pull(
      String reference,
      Credentials credentials,
      PullListener listener,
      String requester,
      Optional<Platform> other)
      throws InterruptedException {
    ImageReference parsed = ImageReference.parse(reference).withoutTagIfDigest();
    long start = System.nanoTime();
    @Nullable ErrorKind failure = ErrorKind.INTERNAL; // unless the end is one that is expected
    ActivePulls.Tracked tracked = active.begin(parsed.toString(), requester, listener);
    try {
      StoredImage image = pull(parsed, credentials, tracked, other);
      failure = null;
      return image;
    } catch (CriException e) {
      failure = e.kind();
      throw e;
    } catch (InterruptedException e) {
      failure = ErrorKind.CANCELLED;
      throw e;
    } finally {
      tracked.close();
      observer.ended(tracked.progress(), Duration.ofNanos(System.nanoTime() - start), failure);
    }
  }

  private StoredImage pull(
      ImageReference reference,
      Credentials credentials,
      ActivePulls.Tracked tracked,
      Optional<Platform> other)
      throws InterruptedException {
    String action = "pull " + reference;
    try (Pin pin = store.pin()) {
      Optional<SignatureGate.Approval> approval = gate.begin(reference);
      RegistrySession registry = registries.open(reference, credentials);
      tracked.from(registry::deliveringHosts);
      FetchedManifest top = registry.resolve();
      Set<String> tags =
          reference.tag().map(tag -> Set.of(reference.name() + ":" + tag)).orElse(Set.of());
      ImageInstaller installer =
          new ImageInstaller(store, pin, registry, tracked, other.orElseGet(Platform::current));
      approval.ifPresent(
          check -> installer.approveBy(documents -> check.fetch(documents, registry)));
      ImageRecord image = installer.prepare(top, tags, Set.of(reference.name()));
      if (other.isPresent()) {
        image =
            image.asForeign(reference.toString(), reference.name() + "@" + installer.manifest());
      }
      return store.register(registry.isOpen() ? image.withOpenRepository(reference.name()) : image);
    } catch (IOException e) {
      throw ImageInstaller.explain(action, e);
    } catch (CriException e) {
      if (e.kind() == ErrorKind.UNKNOWN) {
        throw e; // its message has the image, and must begin with the reason
      }
      throw new CriException(e.kind(), action + ": " + e.getMessage(), e);
    }
  }

  /**
   * Asks the signature policy for an image that is here already and is used without a pull.
   *
   * @param name by which it is used; empty if by its id: then one of its names must be accepted
   * @throws CriException UNKNOWN if the policy does not accept the image
   */
  public void requireAccepted(StoredImage image, Optional<String> name) {
    if (!gate.isGuarded()) {
      return;
    }
    ImageStore.Signed signed = store.signed(image.id());
    List<String> names =
        name.map(List::of)
            .orElseGet(
                () ->
                    Stream.concat(image.repoTags().stream(), image.repoDigests().stream())
                        .toList());
    try {
      gate.checkKept(
          image.id(),
          names.stream().map(text -> ImageReference.parse(text).withoutTagIfDigest()).toList(),
          signed.documents(),
          signed.signatures());
    } catch (IOException e) {
      throw CriException.internal("read the signature policy", e);
    }
  }

  /** Has the observer told of the pulls that end from now on, beside those before. */
  public synchronized void observe(PullObserver next) {
    observer = observer.and(next);
  }

  /** The pulls that are under way. */
  public ActivePulls active() {
    return active;
  }

  /** Tells which hosts {@link #pull} would ask, in which order and why. No host is asked. */
  public List<HostPlan> explain(ImageReference reference, Credentials credentials)
      throws IOException, InterruptedException {
    return registries.explain(reference, credentials);
  }
}
