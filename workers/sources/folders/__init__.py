"""What the sources that back folders up share: what stands at a place, and how a restored folder comes there."""
