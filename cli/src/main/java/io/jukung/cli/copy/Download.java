package io.jukung.cli.copy;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.jukung.client.v1.ArchivePart;
import io.jukung.client.v1.ContainersGrpc.ContainersBlockingStub;
import io.jukung.client.v1.CopyOutRequest;
import java.io.InputStream;
import java.util.Iterator;

/** The bytes of a file of a container as they arrive. Closing it ends the call. */
final class Download extends InputStream {
  private final Context.CancellableContext context = Context.current().withCancellation();
  private final Iterator<ArchivePart> parts;
  private ByteString current = ByteString.EMPTY;
  private int position;

  Download(ContainersBlockingStub daemon, CopyOutRequest request) {
    Context previous = context.attach();
    try {
      parts = daemon.copyOut(request);
    } finally {
      context.detach(previous);
    }
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    while (position == current.size()) {
      if (!parts.hasNext()) {
        return -1;
      }
      current = parts.next().getData();
      position = 0;
    }
    int count = Math.min(length, current.size() - position);
    current.substring(position, position + count).copyTo(target, offset);
    position += count;
    return count;
  }

  @Override
  public void close() {
    context.cancel(null);
  }
}
