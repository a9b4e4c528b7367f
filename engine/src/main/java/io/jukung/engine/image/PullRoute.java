package io.jukung.engine.image;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.jukung.client.v1.LayerProgress;
import io.jukung.client.v1.PullProgress;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.ImageNames;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.http.DaemonStatus;
import io.jukung.engine.http.Exchange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Query;
import java.io.IOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/** {@code POST /images/create}: a pull with its progress, or an import. */
final class PullRoute {
  private final Daemon daemon;
  private final Lookup lookup;

  PullRoute(Daemon daemon, Lookup lookup) {
    this.daemon = daemon;
    this.lookup = lookup;
  }

  void handle(Exchange exchange) throws IOException, InterruptedException {
    Query query = exchange.query();
    if (query.text("fromSrc").isPresent()) {
      new RootfsImport(daemon).handle(exchange, query.text("fromSrc").get());
      return;
    }
    String from =
        query
            .text("fromImage")
            .orElseThrow(() -> HttpError.badRequest("the parameter fromImage is missing"));
    String tag = query.text("tag").orElse("");
    String name = ImageNames.join(from, tag);
    PullRequest request =
        PullRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage(name))
            .setAuth(Credentials.of(exchange))
            .setPlatform(query.text("platform").orElse(""))
            .build();
    ProgressStream progress = new ProgressStream(exchange);
    // A client that goes away ends its pull; other clients may wait for the same one.
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      pull(request, name, progress);
    } catch (StatusRuntimeException e) {
      if (!progress.hasBegun()) {
        throw e;
      }
      progress.error(DaemonStatus.message(e));
    } finally {
      call.detach(before);
      call.cancel(null);
    }
  }

  private void pull(PullRequest request, String name, ProgressStream progress) throws IOException {
    String idBefore = idOf(name, request.getPlatform());
    Iterator<PullProgress> messages = daemon.jukung().pull(request);
    boolean any = messages.hasNext();
    String shown = ImageNames.familiar(name);
    progress.status(
        name.substring(ImageNames.repository(name).length()).replaceFirst("^[:@]", ""),
        "Pulling from " + ImageNames.repository(shown));
    Map<String, LayerProgress.Phase> phases = new HashMap<>();
    String id = "";
    while (any) {
      PullProgress message = messages.next();
      for (LayerProgress each : message.getLayersList()) {
        show(each, phases, progress);
      }
      id = message.getImageRef();
      any = messages.hasNext();
    }
    for (String digest : lookup.image(id).getImage().getRepoDigestsList()) {
      progress.status("", "Digest: " + digest.substring(digest.indexOf('@') + 1));
      break;
    }
    boolean newer = !id.equals(idBefore);
    progress.status(
        "",
        "Status: " + (newer ? "Downloaded newer image for " : "Image is up to date for ") + shown);
  }

  private String idOf(String name, String platform) {
    try {
      return lookup.image(name, platform).getImage().getId();
    } catch (HttpError e) {
      return "";
    }
  }

  private static void show(
      LayerProgress layer, Map<String, LayerProgress.Phase> phases, ProgressStream progress)
      throws IOException {
    String id = ProgressStream.shortDigest(layer.getDigest());
    LayerProgress.Phase before = phases.put(layer.getDigest(), layer.getPhase());
    if (before == null) {
      progress.status(id, "Pulling fs layer");
    }
    boolean changed = layer.getPhase() != before;
    switch (layer.getPhase()) {
      case WAITING, UNRECOGNIZED -> {}
      case DOWNLOADING ->
          progress.progress(id, "Downloading", layer.getArrivedBytes(), layer.getTotalBytes());
      case UNPACKING -> {
        if (changed) {
          progress.status(id, "Download complete");
          progress.progress(id, "Extracting", layer.getTotalBytes(), layer.getTotalBytes());
        }
      }
      case DONE -> {
        if (changed) {
          progress.status(id, "Pull complete");
        }
      }
    }
  }
}
