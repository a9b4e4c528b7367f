package io.jukung.image.push;

import com.google.common.io.ByteStreams;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.content.ContentStore;
import io.jukung.image.push.PushListener.Outcome;
import io.jukung.image.registry.RegistryException;
import io.jukung.image.registry.UploadSession;
import io.jukung.image.registry.UploadSession.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings one blob into a repository, in the cheapest way that the registry allows: the repository
 * has it, takes it over from another one, or gets its bytes, in parts that are continued after a
 * broken connection. Not thread-safe.
 */
final class BlobUpload {
  private static final Logger log = LoggerFactory.getLogger(BlobUpload.class);

  /**
   * A broken connection costs at most this much at a registry that counts whole parts only, and
   * proxies in front of registries refuse larger requests.
   */
  static final int PART_BYTES = 32 << 20;

  /** How many repositories are tried as the source of a blob. */
  private static final int MAX_SOURCES = 3;

  /** How often a blob may begin at its start again, where the registry has forgotten its upload. */
  private static final int MAX_RESTARTS = 3;

  private final PushedBlob blob;
  private final ContentStore content;
  private final UploadSession session;
  private final PushListener listener;
  private final int partBytes;

  BlobUpload(
      PushedBlob blob,
      ContentStore content,
      UploadSession session,
      PushListener listener,
      int partBytes) {
    this.blob = blob;
    this.content = content;
    this.session = session;
    this.listener = listener;
    this.partBytes = partBytes;
  }

  /**
   * Returns when the repository has the blob.
   *
   * @param sources other repositories that probably have the blob
   */
  void run(List<String> sources) throws IOException, InterruptedException {
    listener.blobReady(blob.digest(), bring(sources));
  }

  private Outcome bring(List<String> sources) throws IOException, InterruptedException {
    if (session.hasBlob(blob.digest())) {
      return Outcome.PRESENT;
    }
    Upload begun = null;
    for (String source : sources.subList(0, Math.min(sources.size(), MAX_SOURCES))) {
      if (begun != null) {
        begun.cancel();
      }
      Optional<Upload> refused = session.mount(blob.digest(), source);
      if (refused.isEmpty()) {
        return Outcome.MOUNTED;
      }
      begun = refused.get();
    }
    if (!content.contains(blob.digest())) {
      throw CriException.failedPrecondition(
          "%s does not have it, and it is lost here; `jukung fsck` can fetch it again"
              .formatted(session.hostName()));
    }
    upload(begun == null ? session.begin() : begun);
    return Outcome.UPLOADED;
  }

  /** Sends all parts and has the registry verify them. */
  private void upload(Upload first) throws IOException, InterruptedException {
    Upload upload = first;
    UploadSession.Pauses pauses = session.pauses();
    int restarts = 0;
    while (true) {
      long before = upload.received();
      try {
        sendRest(upload);
        upload.finish(blob.digest());
        return;
      } catch (IOException e) {
        Duration asked = worthAnotherAttempt(e);
        log.debug("{} broke off at byte {}", blob, upload.received(), e);
        if (upload.received() > before) {
          pauses = session.pauses(); // only attempts that gain nothing are counted
        }
        if (!pauses.sleep(asked)) {
          throw e;
        }
        if (session.hasBlob(blob.digest())) {
          return; // the answer to the last request was lost
        }
        if (!upload.inquire()) {
          if (++restarts > MAX_RESTARTS) {
            throw e;
          }
          upload = session.begin();
        }
        listener.blobSent(blob.digest(), upload.received(), blob.size());
      }
    }
  }

  /**
   * How long to wait before the upload is continued.
   *
   * @throws IOException the failure itself, if it would recur
   */
  private static Duration worthAnotherAttempt(IOException e) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("upload");
    }
    if (e instanceof InterruptedIOException) {
      throw e;
    }
    if (e instanceof RegistryException said) {
      if (said.retryAfter().isEmpty()) {
        throw said;
      }
      return said.retryAfter().get();
    }
    return Duration.ZERO;
  }

  private void sendRest(Upload upload) throws IOException, InterruptedException {
    while (upload.received() < blob.size()) {
      long start = upload.received();
      long part = Math.max(partBytes, upload.minPartBytes());
      long size = Math.min(part, blob.size() - start);
      upload.send(
          size,
          () -> part(start, size),
          sent -> listener.blobSent(blob.digest(), start + sent, blob.size()));
    }
    if (upload.received() != blob.size()) {
      throw new CriException(
          ErrorKind.UNAVAILABLE,
          "%s says that it has %d bytes of %d"
              .formatted(session.hostName(), upload.received(), blob.size()));
    }
  }

  private InputStream part(long start, long size) throws IOException {
    InputStream in = content.open(blob.digest());
    try {
      in.skipNBytes(start);
      return ByteStreams.limit(in, size);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }
}
