package io.jukung.image.push;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.push.ImagePusher.Platforms;
import io.jukung.image.push.PushListener.Outcome;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Pushes from the store of a fixture, and records what becomes of each blob. */
final class Pushes implements PushListener {
  private final PullFixture fixture;
  private final int partBytes;
  private final Map<Digest, Outcome> outcomes = new ConcurrentHashMap<>();

  Pushes(PullFixture fixture) {
    this(fixture, BlobUpload.PART_BYTES);
  }

  Pushes(PullFixture fixture, int partBytes) {
    this.fixture = fixture;
    this.partBytes = partBytes;
  }

  @Override
  public void blobReady(Digest blob, Outcome outcome) {
    outcomes.put(blob, outcome);
  }

  /** What became of the blobs of the last push. */
  Map<Digest, Outcome> outcomes() {
    return Map.copyOf(outcomes);
  }

  PushedImage push(String name) throws InterruptedException {
    return push(name, Credentials.ANONYMOUS, Platforms.OWN);
  }

  PushedImage push(String name, Credentials credentials, Platforms platforms)
      throws InterruptedException {
    outcomes.clear();
    return new ImagePusher(fixture.store, fixture.client, partBytes)
        .push(name, credentials, platforms, this);
  }

  /** Pushes and returns the error that is expected. */
  CriException refusal(String name) throws InterruptedException {
    return refusal(name, Platforms.OWN);
  }

  CriException refusal(String name, Platforms platforms) throws InterruptedException {
    try {
      push(name, Credentials.ANONYMOUS, platforms);
    } catch (CriException e) {
      return e;
    }
    throw new AssertionError("push of " + name + " has succeeded");
  }
}
