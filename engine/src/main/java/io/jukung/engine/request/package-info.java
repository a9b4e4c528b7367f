/** What docker's configurations in the bodies of requests mean in the CRI. */
@NullMarked
package io.jukung.engine.request;

import org.jspecify.annotations.NullMarked;
