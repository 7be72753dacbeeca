/** The demo, and the training run that records the image's ahead-of-time cache. */
package culvert.cli.demo;
